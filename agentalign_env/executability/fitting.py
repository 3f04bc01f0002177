"""Fitting: which arguments of a tool a filler can serve, and with which value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from agentalign_env.executability.descriptions import Described, meaning_of, semantic_of_column
from agentalign_env.executability.fillers import Filler
from agentalign_env.executability.mentions import Mention
from agentalign_env.executability.people import person_field
from agentalign_env.executability.report import Bound, Source
from agentalign_env.scenarios.bindings import SCOPED, key_semantic, same_scope, wrapped
from agentalign_env.scenarios.intents import ArgumentSource, Asking, Way, load_askings
from agentalign_env.scenarios.lookups import Lookup, load_texts
from agentalign_env.scenarios.plans import Text
from agentalign_env.toolkit.tool import Tool, ToolParameter

__all__ = [
    "Fit",
    "Slot",
    "ToFind",
    "bound_by",
    "first_to_find",
    "fits",
    "is_meant_for",
    "limit_cue",
    "proposed",
    "same_meaning",
    "slots_of",
]

_IDS = frozenset(
    (
        "BranchName",
        "CommentId",
        "CommitHash",
        "ContactId",
        "ContainerId",
        "ContainerName",
        "DeliveryOrderId",
        "GenerationId",
        "ImageName",
        "MenuItemId",
        "MerchantId",
        "MerchantShopId",
        "MessageId",
        "OrderId",
        "PaymentId",
        "PaymentRequestId",
        "PostId",
        "ProcessId",
        "ProductId",
        "ReturnId",
        "TrackingNumber",
        "VoiceId",
        "WalletId",
    )
)
_WRITTEN = frozenset(
    ("Query", "Subject", "Body", "Title", "PostText", "CommentText", "Prompt", "Purpose", "FileContent", "Note")
)
_TEXTS = _WRITTEN | {"ReturnReason", "WalletLabel", "Tag", "ItemOption"}
_MOMENTS = ("schedule", "_at", "time", "date")  # parts of the names of arguments that say when
_LENGTHS = ("duration", "minutes", "delay")  # ... and for how long
_OF_PEOPLE = frozenset(("EmailAddress", "PhoneNumber", "ChatId", "Handle"))
_CHAIN_ADDRESSES = frozenset(
    ("BitcoinAddress", "EvmAddress", "SolanaAddress", "MoneroAddress", "TransactionHash", "Bytecode")
)

_NAMES = frozenset(("PersonName", "ShopName", "PostalAddress", "Place", "ShellCommand", "VoiceId", "GitMessage"))

# What a mention can be beside what it is: the semantic types that a kind of mention may fill.
_LIMIT = 4.0  # what "at most" speaks for a figure's being the upper limit
_LONGEST_LIMIT = 20  # characters of such words
_KINDS: Mapping[str, frozenset[str]] = {
    "EmailAddress": frozenset(("EmailAddress", "AccountId", "Query")),
    "PhoneNumber": frozenset(("PhoneNumber",)),
    "Handle": frozenset(("Handle", "ChatId", "Query")),
    "Url": frozenset(("Url", "MediaUrl", "AudioUrl", "ProductUrl", "RepositoryUrl", "PaymentLink")),
    "Hostname": frozenset(("MachineName", "IpAddress", "Query", "Url", "MerchantId")),
    "FilePath": frozenset(("FilePath", "RepositoryPath", "RemotePath")),
    "PostalAddress": frozenset(("PostalAddress", "Place")),
    "ShopName": frozenset(("ShopName", "Query")),
    "Place": frozenset(("PostalAddress", "Place")),
    "CurrencyCode": frozenset(("CurrencyCode", "TokenSymbol")),
    "TokenSymbol": frozenset(("TokenSymbol",)),
    "Command": frozenset(("ShellCommand", "PackageName", "FunctionName", "FilePath", "RepositoryPath", "ProcessName")),
    "Identifier": _IDS
    | {"ChatId", "ContractArgument", "Handle", "MachineName", "PackageName", "ProcessName", "RepositoryPath"}
    | {"TransactionHash", "UserName"},
    "BitcoinAddress": frozenset(("BitcoinAddress", "OwnBitcoinAddress", "TransactionHash")),
    "EvmAddress": frozenset(
        ("EvmAddress", "OwnEvmAddress", "ContractAddress", "TokenAddress", "TransactionHash", "ContractArgument")
    ),
    "SolanaAddress": frozenset(("SolanaAddress", "OwnSolanaAddress", "ContractAddress", "TransactionHash")),
    "MoneroAddress": frozenset(("MoneroAddress", "OwnMoneroAddress", "TransactionHash")),
    "TransactionHash": frozenset(("TransactionHash",)),
    "Bytecode": frozenset(("Bytecode", "ContractArgument")),
    "HashTag": frozenset(("Tag",)),
    "ChatId": frozenset(("ChatId",)),
    "MachineName": frozenset(("IpAddress", "MachineName")),
    "RepositoryPath": frozenset(("FilePath", "RepositoryPath")),
}

# A result that can stand for something of another type.
_STANDS_FOR: Mapping[str, frozenset[str]] = {
    "ChatId": frozenset(("Handle",)),
    "Handle": frozenset(("ChatId",)),
    "Query": frozenset(("PersonName", "EmailAddress", "ShopName", "Title", "Subject")),
    "BitcoinAddress": frozenset(("OwnBitcoinAddress",)),
    "EvmAddress": frozenset(("OwnEvmAddress", "ContractAddress")),
    "SolanaAddress": frozenset(("OwnSolanaAddress",)),
    "MoneroAddress": frozenset(("OwnMoneroAddress",)),
    "OwnBitcoinAddress": frozenset(("BitcoinAddress",)),
    "OwnEvmAddress": frozenset(("EvmAddress",)),
    "TransactionHash": frozenset(("BitcoinAddress", "EvmAddress", "ContractAddress", "ChainReference")),
    "MediaUrl": frozenset(("AudioUrl",)),
    "Url": frozenset(("ProductUrl", "PaymentLink", "MediaUrl")),
    "AccountId": frozenset(("EmailAddress",)),
    "RepositoryPath": frozenset(("FilePath",)),
    "MachineName": frozenset(("Hostname", "IpAddress")),
}

_SENDERS = {"sender": "EmailAddress"}  # a plain text in the operation, because part of an address will do
_PLAIN_FORM = ArgumentSource()
_SINGLE = ("string", "integer", "number")  # what a tool of somebody else may want where the operation takes a list

# What a mention surely is, where it is said for a parameter that does not take it.
_MEANT_FOR: Mapping[str, frozenset[str]] = {
    "EmailAddress": frozenset(("EmailAddress",)),
    "PhoneNumber": frozenset(("PhoneNumber",)),
    "Amount": frozenset(("Amount",)),
    "CoinAmount": frozenset(("CoinAmount",)),
    "BitcoinAddress": frozenset(("BitcoinAddress",)),
    "EvmAddress": frozenset(("EvmAddress",)),
    "Url": frozenset(("Url", "MediaUrl")),
}


class Slot(NamedTuple):
    """An argument of a tool that is to be filled.

    Attributes:
        argument: Its name in the operation.
        parameter: The tool's parameter.
        semantic: What is wanted, inside lists and objects too.
        form: How the value is wrapped.
        many: Whether several values can be given.
    """

    argument: str
    parameter: ToolParameter
    semantic: str | None
    form: ArgumentSource
    many: bool

    @property
    def schema(self) -> Mapping[str, Any]:
        """The schema of the value itself, without its wrapping; empty where objects of several forms are taken."""
        schema = self.parameter.schema
        if not self.form.wrap:
            return schema
        inner = schema.get("items", schema)
        found = inner.get("properties", {}).get(self.form.wrap, {})
        return found if isinstance(found, Mapping) else {}

    @property
    def is_text(self) -> bool:
        """Whether any text will do."""
        schema = self.schema
        if self.form.wrap and not schema:
            return self.semantic is None or self.semantic in _TEXTS
        free = self.semantic in _TEXTS or (self.semantic is None and schema.get("type") == "string")
        return free and "enum" not in schema and "pattern" not in schema


class Fit(NamedTuple):
    """A value that a filler gives a slot.

    Attributes:
        value: A plan value, or a `ToFind`.
        source: Where it comes from.
    """

    value: Any
    source: Source


class ToFind(NamedTuple):
    """Stands for a value that a lookup still has to find.

    Attributes:
        lookup: How.
        fields: What the text says for it.
        form: How the value is wrapped.
    """

    lookup: Lookup
    fields: Mapping[str, str]
    form: ArgumentSource


def first_to_find(value: Any) -> ToFind | None:
    """What a lookup still has to find for a value, which may be the beginning of a text."""
    first = value.parts[0] if isinstance(value, Text) else value
    return first if isinstance(first, ToFind) else None


@lru_cache(maxsize=4_096)
def slots_of(tool: Tool, fixed: tuple[tuple[str, Any], ...] = ()) -> Mapping[str, Slot]:
    """The slots of a tool by argument, the required ones first.

    Args:
        tool: The tool.
        fixed: What the wording decides: the form of some arguments depends on it.
    """
    forms: dict[str, ArgumentSource] = {}
    asking = load_askings().get(tool.capability)
    if asking is not None:
        ways = sorted(asking.ways, key=lambda way: not _agrees(way, dict(fixed)))
        for way in ways:
            for name, source in way.arguments.items():
                if source.wrap or source.many:
                    forms.setdefault(name, source)
    found = {}
    order = sorted(tool.names.items(), key=lambda item: not tool.parameters[item[1]].required)
    for argument, name in order:
        known = tool.operation.parameters[argument]
        form = forms.get(argument, _PLAIN_FORM)
        semantic = key_semantic(known.hint, form.wrap) if form.wrap else known.semantic or _SENDERS.get(argument)
        semantic = _drawn_from(asking, argument, dict(fixed)) or semantic
        if form.many and not form.wrap and tool.parameters[name].schema.get("type") in _SINGLE:
            form = form.model_copy(update={"many": False})
        many = tool.parameters[name].schema.get("type") == "array"
        if many != form.many:
            form = form.model_copy(update={"many": many})
        if form.wrap and tool.parameters[name].schema.get("type") == "string":  # a foreign tool's own form
            form = form.model_copy(update={"wrap": ""})
        found[argument] = Slot(argument, tool.parameters[name], semantic, form, many)
    return found


def _drawn_from(asking: Asking | None, argument: str, fixed: Mapping[str, Any]) -> str | None:
    """The semantic type of the entities that an argument names in such requests: of docker logs, a container."""
    if asking is None or not fixed:
        return None
    for way in asking.ways:
        source = way.arguments.get(argument)
        if source is None or not _agrees(way, fixed):
            continue
        if source.sources == ("choice",) and '"' in source.say:
            return "Query"  # words that somebody chose, rather than the name of a thing
        for kind in source.sources:
            head, _, rest = kind.partition(".")
            table, _, column = rest.partition("[")[0].partition(".")
            if head == "entity":
                return semantic_of_column(table, column)
    return None


def _agrees(way: Way, fixed: Mapping[str, Any]) -> bool:
    """Whether a way of asking is for what the wording decides."""
    return all(
        source.choices[0] == fixed[name] for name, source in way.arguments.items() if name in fixed and source.choices
    )


def fits(filler: Filler, slot: Slot, tool: Tool) -> Iterator[Fit]:
    """The values that a filler gives a slot of a tool, the likeliest first; none where it cannot fill it."""
    if filler.kind == "reference":
        yield from _from_results(filler, slot, tool)
    elif filler.described is not None:
        yield from _from_description(filler.described, slot, tool)
    elif filler.kind == "stranger" and slot.argument == "query" and slot.is_text:
        yield Fit(wrapped(_without_possessive(filler.text), slot.form), "mention")
    elif filler.people and filler.kind in ("person", "pronoun"):
        yield from _from_people(filler, slot, tool)
    elif filler.mention is not None:
        for value in _from_mention(filler.mention, slot):
            if _valid(tool, slot, value):
                yield Fit(wrapped(value, slot.form), "mention")


def _from_description(described: Described, slot: Slot, tool: Tool) -> Iterator[Fit]:
    """What a lookup would find, or what is searched for, where the request is for a search."""
    if _names_what_to_search(described, slot, tool):
        yield Fit(wrapped(described.fields["subject"], slot.form), "mention")
        return
    for lookup in described.lookups:
        field = meaning_of(lookup, slot.semantic)
        if field is not None and (lookup.gives != "text" or _is_called(slot, described.fields.get("noun"))):
            yield Fit(ToFind(lookup, {**described.fields, "field": field}, slot.form), "lookup")


def _from_people(filler: Filler, slot: Slot, tool: Tool) -> Iterator[Fit]:
    """What is known of whoever is named; the name itself, where it is searched for or stands in quotation marks."""
    for one in filler.people:
        value = person_field(one, slot.semantic)
        if value is None and slot.is_text and slot.argument == "query":
            value = _without_possessive(filler.text)
        if value is not None and _valid(tool, slot, value):
            yield Fit(wrapped(value, slot.form), "entity")
    quoted = filler.text[1:-1]
    if filler.is_quoted and slot.is_text and slot.semantic != "PersonName" and _valid(tool, slot, quoted):
        yield Fit(wrapped(quoted, slot.form), "mention")


def _names_what_to_search(described: Described, slot: Slot, tool: Tool) -> bool:
    """Whether a description is what a search is for, rather than leading to it: "look for the mail called ..."."""
    if slot.argument != "query" or "subject" not in described.fields:
        return False
    return any(lookup.calls[0].capability == tool.capability for lookup in described.lookups)


def _is_called(slot: Slot, noun: str | None) -> bool:
    """Whether a text that somebody wrote down is what a slot takes: prose for texts, else what it is said to be."""
    if noun is None:
        return slot.is_text
    return load_texts().nouns.get(slot.semantic or "", "").lower() == noun


def _without_possessive(text: str) -> str:
    return text.removeprefix("my ").removeprefix("our ")


def _from_results(filler: Filler, slot: Slot, tool: Tool) -> Iterator[Fit]:
    """What an earlier step gives: a value of the kind, one of the person that it found, or its words for a text."""
    for target in filler.targets:
        if same_meaning(target.semantic, target.done.tool, slot, tool) and _valid(tool, slot, target.value):
            yield Fit(wrapped(target.ref, slot.form), "result")
    if slot.semantic in _OF_PEOPLE:
        for target in filler.targets:
            if target.semantic not in _OF_PEOPLE | {"ContactId", "PersonName"}:
                continue
            for other in target.done.targets:
                if same_meaning(other.semantic, other.done.tool, slot, tool) and _valid(tool, slot, other.value):
                    yield Fit(wrapped(other.ref, slot.form), "result")
    if slot.semantic in _WRITTEN:
        for target in filler.targets[:1]:
            yield Fit(wrapped(target.ref, slot.form), "result")


def same_meaning(semantic: str, found_by: Tool, slot: Slot, tool: Tool) -> bool:
    """Whether a value of this semantic type, found by one tool, is what a slot of another takes."""
    if semantic != slot.semantic and semantic not in _STANDS_FOR.get(slot.semantic or "", ()):
        return False
    return slot.semantic not in SCOPED or same_scope(found_by, tool)


def _from_mention(mention: Mention, slot: Slot) -> Iterator[Any]:
    """The values that a mention gives a slot, the likeliest first."""
    match mention.kind:
        case "Quoted":
            yield from _quoted(mention, slot)
        case "Amount":
            yield from _money(mention.value, "currency", slot)
        case "CoinAmount":
            yield from _money(mention.value, "token", slot)
        case "Number":
            yield from _number(mention, slot)
        case "Date" | "Time" | "DateTime" | "Duration":
            if any(word in slot.argument for word in (*_MOMENTS, *_LENGTHS)):
                yield mention.value
                yield mention.text
        case "Placeholder":
            return
        case _:
            yield from _thing(mention, slot)


def _quoted(mention: Mention, slot: Slot) -> Iterator[Any]:
    if any(word in slot.argument for word in _MOMENTS):
        return
    one_word = " " not in str(mention.value).strip()
    if slot.is_text or (one_word and slot.semantic not in _CHAIN_ADDRESSES) or slot.semantic in _NAMES:
        yield mention.value


def _number(mention: Mention, slot: Slot) -> Iterator[Any]:
    """A number as itself, as an amount, or as an id that consists of digits."""
    schema_type, semantic = slot.parameter.schema.get("type"), slot.semantic
    if schema_type in ("integer", "number"):
        yield mention.value
    elif schema_type == "string" and semantic is None and "pattern" in slot.parameter.schema:
        yield str(mention.value)
    elif semantic in ("Amount", "CoinAmount"):
        yield from _money({"amount": mention.value}, "", slot)
    elif semantic in ("ContractArgument", "Tag", "VideoCategory") or (
        semantic in _IDS and _is_like_an_id(mention.text)
    ):
        yield mention.text


def _is_like_an_id(text: str) -> bool:
    return len(text) >= 4 and text.isalnum() and not text.isalpha()


def _thing(mention: Mention, slot: Slot) -> Iterator[Any]:
    """What has a name, an address or a number of its own."""
    kind, semantic = mention.kind, slot.semantic
    if kind == "Identifier" and mention.text.isdecimal() and semantic is None and not slot.is_text:
        yield int(mention.text) if slot.parameter.schema.get("type") in ("integer", "number") else mention.text
    elif kind == "Place" and semantic in _KINDS["Place"]:
        yield mention.text
    elif semantic in _KINDS.get(kind, ()):
        yield mention.value
        if mention.value != mention.text:
            yield mention.text
    elif kind == "Command" and slot.is_text and "command" in (slot.form.wrap, slot.argument):
        yield mention.value
    elif kind in ("Identifier", "Url", "Hostname", "FilePath", "Handle") and slot.is_text and slot.argument == "query":
        yield mention.text


def _money(value: Mapping[str, Any], unit: str, slot: Slot) -> Iterator[Any]:
    """An amount, or the unit that it is said in."""
    if slot.semantic in ("Amount", "CoinAmount") or (
        slot.semantic is None and any(word in slot.argument for word in ("amount", "value", "price"))
    ):
        amount = value["amount"]
        if slot.parameter.schema.get("type") == "string":
            yield format(Decimal(str(amount)).normalize(), "f")
        else:
            yield int(amount) if float(amount).is_integer() else amount
    elif slot.semantic in ("CurrencyCode", "TokenSymbol"):
        yield value[unit]


def proposed(mention: Mention, slot: Slot) -> tuple[Any, ...]:
    """The values that a mention would give a slot, whether they are taken or not."""
    return tuple(_from_mention(mention, slot))


_AT_MOST = re.compile(
    r"(?:up to|at most|under|below|less than|no more than|not more than|within|maximum|max\.?|cheaper than|until)"
    r" (?:of )?\Z",
    re.IGNORECASE,
)
_OR_LESS = re.compile(
    r"\s*,? (?:or|and) (?:less|under|below|cheaper|lower|fewer)\b|\s*(?:at (?:the )?most|max)\b", re.IGNORECASE
)
_AT_LEAST = re.compile(
    r"(?:at least|over|above|more than|no less than|not less than|minimum|min\.?|from|upwards of) (?:of )?\Z",
    re.IGNORECASE,
)
_NOTHING = re.compile(r"\b(?:nothing|none|not|never) (?:above|over|below|under) (?:of )?\Z", re.IGNORECASE)
_OR_MORE = re.compile(
    r"\s*,? (?:or|and) (?:more|over|above|up|upwards|higher)\b|\s*(?:at (?:the )?least|min)\b", re.IGNORECASE
)


def limit_cue(text: str, filler: Filler, slot: Slot) -> float:
    """How much the words around a figure speak for its being the upper or the lower limit that a slot takes."""
    bound = slot.argument.partition("_")[0]
    if bound not in ("min", "max") or filler.mention is None:
        return 0.0
    before = text[max(0, filler.start - _LONGEST_LIMIT) : filler.start]
    most = _AT_MOST.search(before) is not None or _OR_LESS.match(text, filler.end) is not None
    least = _AT_LEAST.search(before) is not None or _OR_MORE.match(text, filler.end) is not None
    if _NOTHING.search(before) is not None:
        most, least = least, most
    if most == least:
        return 0.0
    return _LIMIT if most == (bound == "max") else -_LIMIT


def is_meant_for(mention: Mention, slot: Slot) -> bool:
    """Whether such a mention, where it was not taken, was said for such a slot all the same."""
    if slot.semantic in _MEANT_FOR.get(mention.kind, ()):
        return slot.parameter.required
    return mention.kind == "Duration" and slot.argument == "duration"


def _valid(tool: Tool, slot: Slot, value: Any) -> bool:
    return tool.accepts(slot.parameter.name, wrapped(value, slot.form))


def bound_by(fit: Fit, filler: Filler) -> Bound:
    """The parameter's value where a filler gives it."""
    return Bound(fit.value, fit.source, filler.span)
