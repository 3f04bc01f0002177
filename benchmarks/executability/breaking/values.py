"""Values that the text no longer gives: left out, or only pointed to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentalign_env.core.rng import Random
from benchmarks.executability.anatomy import Anatomy, Stated
from benchmarks.executability.breaking.broken import Broken, tidy, without_noun

__all__ = ["missing_parameter", "ungrounded_value"]

_SOMEONE = ("someone", "somebody", "someone I know", "a person I know")
_SOME_ADDRESS = ("some address", "an address", "somewhere")
_VAGUE: dict[str, tuple[str, ...]] = {
    "EmailAddress": _SOMEONE,
    "PhoneNumber": _SOMEONE,
    "ChatId": _SOMEONE,
    "Handle": _SOMEONE,
    "BitcoinAddress": ("someone", "somebody", "some address"),
    "MoneroAddress": ("someone", "somebody", "some address"),
    "EvmAddress": ("someone", "somebody", "some address"),
    "Amount": ("some", "a bit of", "a certain amount of"),
    "CoinAmount": ("some", "a bit of", "a certain amount of"),
    "Query": ("something", "something or other", "a certain topic"),
    "Body": ("something",),
    "CommentText": ("something",),
    "PostText": ("something",),
    "Prompt": ("something",),
    "Url": ("some page", "a website", "a certain page"),
    "FilePath": ("some file", "a certain file", "one file or another"),
    "ShellCommand": ("some command", "a certain command"),
    "PackageName": ("some package", "a certain package"),
    "PostalAddress": _SOME_ADDRESS,
    "MachineName": ("some machine", "a certain machine"),
}
"""Words that say nothing about a value, by its semantic type. No quantities: one goes without saying."""

_TEXTS = frozenset({"Body", "CommentText", "PostText", "Prompt"})
_BEFORE_TEXT = re.compile(r"\b(?:saying|says|say|reads|reading|post|of|record|speak|shows?) \{\w+\}$")
_AFTER = {
    "Url": re.compile(r"\b(?:at|behind) \{\w+\}$"),
    "PostalAddress": re.compile(r"\b(?:to|at|with|in|for|and) \{\w+\}$"),
}
_NEVER = re.compile(r"(?!)")
_TAIL = r"(?:[,;:](?: [^{{}},;:]*)?| that says| that reads| with this text:| of this:) ?\{{{argument}\}}$"
_CUT_SHORT = re.compile(r"\b(?:this|these|using|with|and|or|to|as|in|let|have|from)$|\bthis\b")
_UNITS = ("BTC", "XMR", "{currency}", "{from_token}", "bitcoin")

_PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    "EmailAddress": ("recipient", "email address", "name"),
    "PhoneNumber": ("phone number", "recipient", "number"),
    "ChatId": ("contact", "recipient", "username"),
    "Handle": ("username", "account"),
    "BitcoinAddress": ("wallet address", "address"),
    "MoneroAddress": ("wallet address", "address"),
    "EvmAddress": ("wallet address", "address"),
    "Amount": ("amount", "sum"),
    "CoinAmount": ("amount",),
    "Query": ("topic", "search term", "keyword"),
    "Body": ("message", "text", "your message here"),
    "CommentText": ("comment", "text"),
    "PostText": ("text", "post text"),
    "Title": ("title",),
    "Url": ("link", "URL"),
    "FilePath": ("file name", "path"),
    "MediaUrl": ("link", "media link"),
    "ShellCommand": ("command",),
    "PackageName": ("package name",),
    "PostalAddress": ("address", "street and town"),
    "MachineName": ("host", "server name"),
    "OrderId": ("order number", "order ID"),
    "DeliveryOrderId": ("order number", "order ID"),
    "PaymentId": ("payment ID", "transaction ID"),
    "PostId": ("post ID",),
    "ProductId": ("item number", "product"),
    "MerchantShopId": ("shop ID", "restaurant"),
    "MessageId": ("message ID",),
    "TransactionHash": ("transaction hash",),
    "ContractAddress": ("contract address",),
    "RepositoryPath": ("directory", "path"),
}
_MARKS = ("[{}]", "<{}>", "{{{{{}}}}}", "[{}]", "[insert {}]")

_POINTERS: dict[str, tuple[str, ...]] = {
    "EmailAddress": ("the address I gave you", "the address I mentioned earlier", "the usual address"),
    "PhoneNumber": ("the number I gave you", "the number I told you about", "the usual number"),
    "ChatId": ("the account I told you about", "the person I mentioned earlier", "the usual account"),
    "Handle": ("the account I told you about", "the account we talked about"),
    "BitcoinAddress": ("the address I gave you", "the address we agreed on", "the usual address"),
    "MoneroAddress": ("the address I gave you", "the address we agreed on", "the usual address"),
    "EvmAddress": ("the address I gave you", "the address we agreed on"),
    "Amount": ("the amount we agreed on", "the usual amount", "the sum I mentioned"),
    "CoinAmount": ("the amount we agreed on", "the usual amount"),
    "Query": ("the topic I mentioned", "the thing we talked about", "what I told you about earlier"),
    "Body": ("what I told you earlier", "the text we agreed on", "the words I dictated to you"),
    "CommentText": ("what I told you earlier", "the comment we agreed on"),
    "PostText": ("what I told you earlier", "the text we agreed on"),
    "Url": ("the link I sent you", "the page I told you about", "the address I gave you"),
    "FilePath": ("the file I told you about", "the file we talked about"),
    "ShellCommand": ("the command I showed you", "the usual command"),
    "PackageName": ("the package I told you about", "the package we talked about"),
    "PostalAddress": ("the address I gave you", "the address we agreed on"),
    "MachineName": ("the machine I told you about", "the usual machine"),
    "OrderId": ("the order I told you about", "the order we talked about"),
    "DeliveryOrderId": ("the order I told you about", "the order we talked about"),
    "PaymentId": ("the payment I told you about", "the payment we talked about"),
    "PostId": ("the post I told you about", "the post we talked about"),
    "ProductId": ("the item I told you about", "the item we talked about"),
    "MerchantShopId": ("the place I told you about", "the place we talked about"),
    "MessageId": ("the mail I told you about", "the mail we talked about"),
    "TransactionHash": ("the transaction I told you about", "the transaction we talked about"),
}
"""Words that point to a value which nothing gives, by its semantic type."""


def missing_parameter(anatomy: Anatomy, rng: Random) -> Iterator[Broken]:
    """A required value is replaced by a word that says nothing, or left out with its part of the sentence."""
    places = [
        place
        for place in anatomy.stated()
        if place.required and place.semantic in _VAGUE and not _has_subject(anatomy, place)
    ]
    rng.shuffle(places)
    places.sort(key=lambda place: place.semantic == "Query")  # most chains have one: the others first
    for place in places:
        if anatomy.gives(place.semantic, before=place.step) or _is_new(place) or place.binding.found:
            continue
        changed = _left_out(anatomy, place) if place.semantic in _TEXTS and rng.random() < 0.5 else None
        changed = changed or _vague(anatomy, place, rng)
        if changed is not None and _gone(place, changed):
            why = f"the {place.semantic} that {_tool(anatomy, place)} requires is neither stated nor described"
            yield Broken(changed, anatomy.scenario.tools, why)


def ungrounded_value(anatomy: Anatomy, rng: Random) -> Iterator[Broken]:
    """A stated value is replaced by a placeholder, or by words that point to what nothing gives."""
    places = [place for place in anatomy.stated() if place.required and place.semantic in _PLACEHOLDERS]
    rng.shuffle(places)
    if rng.random() < 0.7:
        places.sort(key=lambda place: place.semantic == "Query")
    for place in places:
        semantic = place.semantic or ""
        points = semantic in _POINTERS and not _is_new(place) and not anatomy.gives(semantic, before=place.step)
        if points and rng.random() < 0.6:
            words, phrase = rng.choice(_POINTERS[semantic]), _phrase_for(anatomy, place)
            if semantic in _TEXTS and not _BEFORE_TEXT.search(_upto(phrase, place)):
                continue
            for unit in _UNITS:
                phrase = phrase.replace(f"{{{place.argument}}} {unit}", f"{{{place.argument}}} in {unit}")
        else:
            words = rng.choice(_MARKS).format(rng.choice(_PLACEHOLDERS[semantic]))
            phrase = anatomy.steps[place.step].phrase
        changed = tidy(anatomy.respoken(place, words, phrase=phrase))
        if _gone(place, changed):
            why = f'"{words}" stands where {_tool(anatomy, place)} needs its {semantic}, and nothing gives it'
            yield Broken(changed, anatomy.scenario.tools, why)


def _is_new(place: Stated) -> bool:
    """Whether the value names something that is only to be made: whoever acts may choose a name."""
    return place.binding.source == "file.new" or (place.binding.source == "choice" and place.semantic == "FilePath")


def _has_subject(anatomy: Anatomy, place: Stated) -> bool:
    """Whether a text has a subject beside it: whoever acts may write a mail of which the subject is known."""
    return place.semantic == "Body" and "subject" in anatomy.steps[place.step].bindings


def _vague(anatomy: Anatomy, place: Stated, rng: Random) -> str | None:
    phrase = _phrase_for(anatomy, place)
    before = _upto(phrase, place)
    if place.semantic in _TEXTS and not _BEFORE_TEXT.search(before):
        return None
    words = rng.choice(_VAGUE[place.semantic or ""])
    if place.semantic in ("Amount", "CoinAmount"):
        if not any(f"{{{place.argument}}} {unit}" in phrase for unit in _UNITS):
            words = "some amount"
    elif _AFTER.get(place.semantic or "", _NEVER).search(before):
        words = "some address"
    return tidy(anatomy.respoken(place, words, phrase=phrase))


def _left_out(anatomy: Anatomy, place: Stated) -> str | None:
    """The instruction without the part of the sentence that gives a text, where that is its end."""
    phrase = anatomy.steps[place.step].phrase
    cut = re.sub(_TAIL.format(argument=place.argument), "", phrase)
    if cut == phrase or _CUT_SHORT.search(cut):
        return None
    return tidy(anatomy.respoken(place, "", phrase=cut))


def _phrase_for(anatomy: Anatomy, place: Stated) -> str:
    """The step's phrase for words that bring their own noun."""
    phrase = without_noun(anatomy.steps[place.step].phrase, place.argument)
    return phrase.replace(f'"{{{place.argument}}}"', f"{{{place.argument}}}")


def _upto(phrase: str, place: Stated) -> str:
    head, mark, _ = phrase.partition(f"{{{place.argument}}}")
    return head + mark


def _gone(place: Stated, text: str) -> bool:
    return str(place.value) not in text and place.binding.spoken not in text


def _tool(anatomy: Anatomy, place: Stated) -> str:
    return anatomy.steps[place.step].tool.name
