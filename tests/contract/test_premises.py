"""What holds for every kind of premise: the thing can be used, the world stays sound, and it is no change."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from agentalign_env.core.operation import Operation
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError, PremiseError
from agentalign_env.scenarios.premises import Premise, lay, makers, supports
from agentalign_env.services import SERVICES, new_world
from agentalign_env.toolkit.catalogue import operations_by_capability

BITCOIN = "bc1qxk29ruu5hk4c9v8pt5w3zrj6hyd0s2qf4nlg8ux3"
EVM = "0x52908400098527886e0f7030069857d2e4169ee7"
SOLANA = "7YttLkHDoNj9wyDur5pM1ejNaAvT9X4eqaYcHQqtj2G5"
MONERO = f"4{'k' * 94}"
RECEIVER = "bc1qdemo7xk2m9c4v8pt5w3zrj6hyd0s2qf4nlg8ux3"


class Case(NamedTuple):
    """A premise and a call that needs it: the capability, its arguments, and a text that the answer shows."""

    kind: str
    value: str
    hints: Mapping[str, Any]
    capability: str
    arguments: Mapping[str, Any]
    shows: str


def case(kind: str, value: str, capability: str, arguments: Mapping[str, Any], shows: str = "", **hints: Any) -> Case:
    return Case(
        kind, value, {name.removesuffix("_"): hint for name, hint in hints.items()}, capability, arguments, shows
    )


def ssh(**more: Any) -> dict[str, Any]:
    return {"operation": "connect", "host": "db.internal.example", "username": "deploy", **more}


SMS = {"channel": "sms", "phone": "+12125550177"}
CASES = (
    case("AudioUrl", "https://audio.example/talks/welcome.mp3",
         "Artificial_Intelligence_Machine_Learning.list_generations", {"query": "sourdough", "kind": "voice"},
         "welcome.mp3", text="A sourdough needs time."),
    case("ChatId", "4711888999", "Communication.send_instant_message",
         {"provider": "telegram", "chat": "4711888999", "text": "hello"}, "4711888999"),
    case("ChatId", "@ada_stone", "Communication.search_messages", {"chat": "@ada_stone"},
         "See you at six", text="See you at six"),
    case("ChatId", "Kite club", "Communication.send_instant_message",
         {"provider": "telegram", "chat": "Kite club", "text": "hello"}, "Kite club"),
    case("CommentId", "Ug7788", "Social.create_comment",
         {"platform": "youtube", "post_id": "dQw4w9WgXc1", "text": "I agree", "reply_to": "Ug7788"}, "dQw4w9WgXc1",
         platform="youtube", post_id="dQw4w9WgXc1"),
    case("ContainerName", "shop-api", "System_Tools.manage_docker", {"operation": "logs", "target": "shop-api"},
         "ready"),
    case("ContractAddress", EVM, "Cryptography.interact_contract",
         {"network": "polygon", "contract_address": EVM, "function": "deposit", "arguments": [], "value": "0.01"},
         "0.01 POL", network="polygon", function="deposit"),
    case("ContractAddress", SOLANA, "Cryptography.interact_solana",
         {"program": SOLANA, "instruction": "check_in", "accounts": []}, "check_in", function="check_in"),
    case("DeliveryOrderId", "fp-77", "LocalServices.track_order",
         {"provider": "foodpanda", "order_id": "fp-77"}, "DISPATCHED"),
    case("DeliveryOrderId", "d-1c3", "LocalServices.cancel_order",
         {"provider": "doordash", "order_id": "d-1c3"}, "cancelled", for_="cancel"),
    case("FilePath", "/var/log/app/server.log", "System_Tools.manage_files",
         {"operation": "read", "path": "/var/log/app/server.log"}, "INFO"),
    case("FilePath", "~/plans/budget.csv", "System_Tools.manage_files",
         {"operation": "read", "path": "plans/budget.csv"}, "name,email"),
    case("FilePath", "~/plans/idea.txt", "System_Tools.manage_files",
         {"operation": "read", "path": "plans/idea.txt"}, "rye and salt", content="rye and salt"),
    case("FilePath", "/opt/reports", "System_Tools.list_files", {"path": "/opt/reports"},
         "/opt/reports/", directory=True),
    case("FilePath", "/var/log/old.log", "System_Tools.manage_files",
         {"operation": "delete", "path": "/var/log/old.log"}, "old.log", for_="delete"),
    case("Funds", "90000", "Payments.create_payment",
         {"provider": "stripe", "amount": 90_000, "currency": "USD", "recipient": "hall@rent.example"}, "succeeded",
         provider="stripe", currency="USD"),
    case("Funds", "12", "Cryptography.send_monero", {"to_address": MONERO, "amount": "12"}, "pending", token="XMR"),
    case("Handle", "@lena.writes", "Social.get_profile", {"platform": "weibo", "handle": "@lena.writes"},
         "Lena Writes"),
    case("ImageName", "shop-api:2.1", "System_Tools.manage_docker", {"operation": "run", "target": "shop-api:2.1"},
         "Up"),
    case("MachineName", "db.internal.example", "System_Tools.manage_ssh", ssh(), "connected to"),
    case("MachineName", "192.0.2.44", "System_Tools.diagnose_network",
         {"target": "192.0.2.44", "operation": "ping"}, "4 received"),
    case("Mail", "Keys for the hall", "Communication.search_emails", {"query": "keys hall"}, "lea@postbox.example",
         sender="lea@postbox.example"),
    case("MediaUrl", "https://photos.example/2026/cat-on-roof.png", "Social.create_post",
         {"platform": "instagram", "media_urls": ["https://photos.example/2026/cat-on-roof.png"]}, "published"),
    case("MenuItemId", "it-pad-thai", "LocalServices.create_order",
         {"provider": "ubereats", "merchant_id": "st-thai", "items": [{"item_id": "it-pad-thai", "quantity": 2}],
          "delivery_address": "3 Elm Crescent"}, "Pad Thai", merchant_id="st-thai", name="Pad Thai"),
    case("MerchantShopId", "st-771", "LocalServices.get_menu", {"provider": "ubereats", "merchant_id": "st-771"},
         "items"),
    case("Message", "The bus leaves at nine", "Communication.search_messages", SMS, "The bus leaves at nine",
         phone="+12125550177"),
    case("MessageId", "MSG-77ab", "Communication.read_email", {"message_id": "MSG-77ab"}, "Rehearsal on Monday",
         subject="Rehearsal on Monday"),
    case("OrderId", "114-1234567-7654321", "eCommerce.cancel_order",
         {"provider": "amazon", "order_id": "114-1234567-7654321"}, "Cancelled", for_="cancel"),
    case("OrderId", "PO-99", "eCommerce.return_order",
         {"provider": "temu", "order_id": "PO-99", "reason": "It is torn."}, "Returned", for_="return"),
    case("OrderId", "22-12345-12345", "eCommerce.get_order", {"provider": "ebay", "order_id": "22-12345-12345"},
         "SHIPPED"),
    case("OwnBitcoinAddress", BITCOIN, "Cryptography.send_bitcoin",
         {"from_address": BITCOIN, "to_address": RECEIVER, "amount": "2.5"}, "pending", amount="2.5"),
    case("OwnEvmAddress", EVM, "Cryptography.swap_tokens",
         {"from_token": "ETH", "to_token": "EXUSD", "amount": "0.05", "wallet_address": EVM}, "pending"),
    case("OwnMoneroAddress", MONERO, "Cryptography.query_data",
         {"network": "monero", "query_type": "address", "identifier": MONERO}, "XMR"),
    case("OwnSolanaAddress", SOLANA, "Cryptography.query_data",
         {"network": "solana", "query_type": "address", "identifier": SOLANA}, "SOL"),
    case("PackageName", "left-padder", "System_Tools.manage_packages",
         {"operation": "install", "package_name": "left-padder", "manager": "npm"}, "Successfully installed",
         manager="npm"),
    case("PackageName", "flask", "System_Tools.manage_packages",
         {"operation": "uninstall", "package_name": "flask", "manager": "pip"}, "Successfully uninstalled",
         installed=True),
    case("PaymentId", "PAYID-1234567", "Payments.refund_payment",
         {"provider": "paypal", "payment_id": "PAYID-1234567", "amount": 20}, "PARTIALLY_REFUNDED", for_="refund",
         amount=45, currency="EUR"),
    case("PaymentId", "pi_3Kxyz", "Payments.capture_payment", {"provider": "stripe", "payment_id": "pi_3Kxyz"},
         "succeeded", for_="capture"),
    case("PersonName", "Hanna Brandt", "Communication.search_contacts", {"query": "Hanna Brandt"},
         "hanna@post.example", email="hanna@post.example"),
    case("PhoneNumber", "+12125550177", "Communication.search_messages", SMS, "Bring the ladder",
         text="Bring the ladder"),
    case("PostId", "1839201122334455667", "Social.create_comment",
         {"platform": "twitter", "post_id": "1839201122334455667", "text": "Nice"}, "1839201122334455667"),
    case("PostalAddress", "3 Lighthouse Row, Norwick", "LocalServices.list_addresses", {"query": "lighthouse"},
         "3 Lighthouse Row"),
    case("PostalAddress", "3 Lighthouse Row, Norwick", "eCommerce.list_addresses", {"query": "studio"},
         "3 Lighthouse Row", label="Studio"),
    case("ProcessId", "4242", "System_Tools.manage_process", {"operation": "kill", "pid": 4242}, "4242"),
    case("ProcessName", "mysqld", "System_Tools.manage_process", {"operation": "kill", "name": "mysqld"}, "signal 15"),
    case("ProductId", "B0C1234567", "eCommerce.create_order",
         {"provider": "amazon", "item_id": "B0C1234567", "quantity": 2, "shipping_address": "1 Mill Lane, Norwick"},
         "Not yet shipped"),
    case("ProductId", "", "eCommerce.search_products", {"provider": "ebay", "query": "left-handed bread knife"},
         "Left-handed bread knife", provider="ebay", title="Left-handed bread knife"),
    case("RemotePath", "/srv/app/notes.txt", "System_Tools.manage_ssh",
         ssh(operation="scp_download", args={"remote_path": "/srv/app/notes.txt"}), "notes.txt",
         host="db.internal.example"),
    case("RepositoryPath", "~/code/shop", "System_Tools.manage_git",
         {"operation": "commit", "repository_path": "~/code/shop", "args": {"message": "More notes"}}, "More notes"),
    case("RepositoryPath", "/srv/site", "System_Tools.manage_docker",
         {"operation": "build", "target": "/srv/site", "args": {"tag": "site:1"}}, "site:1"),
    case("RepositoryPath", "shop-api", "System_Tools.manage_docker", {"operation": "logs", "target": "shop-api"},
         "ready", for_="logs"),
    case("RepositoryPath", "shop-api:3", "System_Tools.manage_docker", {"operation": "run", "target": "shop-api:3"},
         "Up", for_="run"),
    case("RepositoryUrl", "https://git.acorn.example/team/widgets.git", "System_Tools.manage_git",
         {"operation": "clone", "repository_path": "~/widgets",
          "args": {"url": "git@git.acorn.example:team/widgets.git", "branch": "dev"}}, "done", branch="dev"),
    case("ShopName", "Osteria Verde", "LocalServices.search_merchant",
         {"provider": "doordash", "query": "Osteria Verde", "location": ""}, "Osteria Verde", provider="doordash"),
    case("TokenAddress", EVM, "Cryptography.transfer_cross_chain",
         {"from_chain": "bsc", "to_chain": "polygon", "token_address": EVM, "amount": "5",
          "recipient": f"0x{'1' * 40}"},
         "4.995", network="bsc"),
    case("TokenSymbol", "usdt", "Cryptography.swap_bnb", {"from_token": "USDT", "to_token": "BNB", "amount": "100"},
         "BNB"),
    case("TransactionHash", f"0x{'1f' * 32}", "Cryptography.query_data",
         {"network": "ethereum", "query_type": "transaction", "identifier": f"0x{'1f' * 32}"}, '"amount":"0.5"',
         amount="0.5"),
    case("TransactionHash", RECEIVER, "Cryptography.query_data",
         {"network": "bitcoin", "query_type": "address", "identifier": RECEIVER}, "BTC"),
    case("TransactionHash", EVM, "Cryptography.query_data",
         {"network": "bsc", "query_type": "contract", "identifier": EVM}, "vault", query_type="contract",
         network="bsc", function="deposit"),
    case("Url", "https://tips.example/reviews/cook-set-for-two", "Search.open_page",
         {"url": "https://tips.example/reviews/cook-set-for-two"}, "Cook set for two"),
    case("Url", "http://api.acorn.example:8080/v1/users", "System_Tools.make_request",
         {"url": "http://api.acorn.example:8080/v1/users", "method": "POST", "data": "x"}, "201"),
    case("UserName", "lena", "System_Tools.manage_ssh", ssh(username="lena"), "connected to",
         host="db.internal.example"),
    case("VoiceId", "rachel", "Artificial_Intelligence_Machine_Learning.generate_voice",
         {"provider": "elevenlabs", "text": "Good morning", "voice_id": "rachel"}, "rachel"),
)  # fmt: skip
EXISTING = ("FilePath", "Funds", "Mail", "Message", "PackageName", "PhoneNumber", "PostalAddress", "UserName")
"""Kinds of which another one may be laid, or that are left as they are."""
ANYTHING = frozenset((
    "Amount", "BitcoinAddress", "Body", "Bytecode", "CoinAmount", "CommentText", "ContractArgument", "CurrencyCode",
    "EmailAddress", "EvmAddress", "FunctionName", "MoneroAddress", "Prompt", "Query", "ReturnReason", "ShellCommand",
    "SolanaAddress", "Subject", "Title", "VideoCategory",
))  # fmt: skip
"""Types of arguments that name nothing that must be there: whoever can be written to or paid, texts, amounts."""
each_case = pytest.mark.parametrize("laid", CASES, ids=lambda laid: f"{laid.kind} {laid.capability}")


def laid_in(world: World, cases: Sequence[Case]) -> World:
    lay(world, [Premise(one.kind, one.value, one.hints) for one in cases])
    return world


def answer(world: World, one: Case) -> str:
    operation: Operation[..., Any] = operations_by_capability()[one.capability]
    result = operation.run(world, **one.arguments, **({"options": {}} if operation.options else {}))
    return orjson.dumps(result).decode()


def violations(world: World) -> list[str]:
    return [sentence for service in SERVICES for check in service.invariants for sentence in check(world)]


def test_every_kind_has_a_case_and_every_maker_belongs_to_a_kind() -> None:
    assert {one.kind for one in CASES} == set(makers())
    assert sorted({kind for service in SERVICES for kind in service.premises}) == list(makers())
    assert supports("PaymentId")
    assert not supports("Weather")


def test_whatever_a_required_argument_must_name_can_be_laid() -> None:
    required = {
        parameter.semantic
        for operation in operations_by_capability().values()
        for parameter in operation.parameters.values()
        if parameter.required and parameter.semantic
    }
    assert required - ANYTHING <= set(makers())
    assert not ANYTHING & set(makers())


@each_case
def test_what_is_laid_can_be_used_and_cannot_without_it(laid: Case) -> None:
    with pytest.raises((OperationError, AssertionError)):
        assert laid.shows in answer(new_world("small", 2), laid)
    world = laid_in(new_world("small", 2), [laid])
    assert laid.shows in answer(world, laid)
    world.store.commit(41)
    assert violations(world) == []


@each_case
def test_what_is_laid_belongs_to_a_sound_beginning(laid: Case) -> None:
    world = new_world("small", 5)
    twin, fresh, now_s = world.fork(), world.digest(), world.now_s
    laid_in(world, [laid])
    assert violations(world) == []
    assert world.store.diff() == ()
    assert (world.now_s, world.digest() != fresh) == (now_s, True)
    assert laid_in(twin, [laid]).digest() == world.digest()
    assert laid_in(new_world("small", 5), [laid]).digest() == world.digest()


@pytest.mark.parametrize("size", ["small", "medium"])
def test_everything_can_be_laid_together(size: str) -> None:
    by_value = {one.value: one for one in CASES}
    world = laid_in(new_world(size, 7), [*by_value.values()])
    assert violations(world) == []
    assert world.store.diff() == ()


@pytest.mark.parametrize(
    "laid", [one for one in CASES if one.value and one.kind not in EXISTING], ids=lambda one: one.kind
)
def test_what_is_there_already_is_not_laid_again(laid: Case) -> None:
    world = laid_in(new_world("small", 2), [laid])
    before = world.digest()
    with pytest.raises(PremiseError):
        laid_in(world, [laid])
    assert world.digest() == before


@pytest.mark.parametrize(
    ("kind", "value", "hints"),
    [
        ("Weather", "rain", {}),
        ("AudioUrl", "https://audio.example/welcome.wav", {}),
        ("ChatId", "", {}),
        ("ChatId", "@two words", {}),
        ("CommentId", "c1", {"platform": "myspace"}),
        ("ContainerName", "x" * 200, {}),
        ("ContractAddress", "0x12", {}),
        ("ContractAddress", EVM, {"function": "mint_everything"}),
        ("DeliveryOrderId", "d-1", {"merchant_id": "nowhere"}),
        ("FilePath", "", {}),
        ("FilePath", "a\0b", {}),
        ("FilePath", "x" * 300, {}),
        ("FilePath", "/etc/hostname/below.txt", {}),
        ("Funds", "plenty", {}),
        ("Funds", "3", {"token": "NOSUCHTOKEN"}),
        ("Funds", "999999999999", {"token": "XMR"}),
        ("Handle", "two words", {}),
        ("MachineName", "user@host", {}),
        ("Mail", "Hello", {"sender": "somebody unknown"}),
        ("MediaUrl", "ftp://photos.example/a.jpg", {}),
        ("MediaUrl", "https://photos.example/a.mp4", {"kind": "photo"}),
        ("MessageId", "x" * 65, {}),
        ("OrderId", "x-1", {"quantity": 5_000}),
        ("OwnBitcoinAddress", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", {}),
        ("OwnEvmAddress", "0x12", {}),
        ("PackageName", "two words", {}),
        ("PaymentId", "p-1", {"amount": -3}),
        ("PaymentId", "p-1", {"amount": 3.333}),
        ("PaymentId", "p-1", {"currency": "XXX"}),
        ("PaymentId", "p-1", {"provider": "barter"}),
        ("PersonName", "", {}),
        ("PersonName", "Hanna Brandt", {"email": "not an address"}),
        ("PhoneNumber", "0123", {}),
        ("PostId", "p" * 65, {}),
        ("ProcessId", "minus one", {}),
        ("ProcessId", "99999999", {}),
        ("RepositoryUrl", "not an address", {}),
        ("ShopName", "x" * 121, {}),
        ("TokenAddress", SOLANA, {}),
        ("TokenSymbol", "$", {}),
        ("TransactionHash", "0x12", {"network": "nowhere"}),
        ("TransactionHash", MONERO, {}),
        ("Url", "no url", {}),
        ("Url", "https://twitter.example/somebody", {}),
        ("VoiceId", "", {}),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_nothing_is_laid(kind: str, value: str, hints: Mapping[str, Any]) -> None:
    world = new_world("small", 2)
    fresh, note = world.digest(), Premise("FilePath", "notes/first.txt", {"content": "first"})
    with pytest.raises(PremiseError) as caught:
        lay(world, [note, Premise(kind, value, hints)])
    assert len(str(caught.value)) < 600
    assert (world.digest(), world.store.diff()) == (fresh, ())


@pytest.mark.parametrize("kind", makers())
@pytest.mark.parametrize(
    "value", ["", " ", "\ud800", "\0", "x" * 70_000, "漢字", "../..", "0", "a\nb", "https://[", "@"], ids=repr
)
def test_a_hostile_name_is_laid_soundly_or_refused(kind: str, value: str) -> None:
    for hints in ({}, {"name": "\ud800"}, {"amount": 1e300, "title": "y" * 300, "items": 3}):
        world = new_world("small", 2)
        fresh = world.digest()
        try:
            lay(world, [Premise(kind, value, hints)])
        except PremiseError:
            assert world.digest() == fresh
        assert violations(world) == []
        assert world.store.diff() == ()


def test_the_documents_list_every_kind_in_order() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "worlds.md").read_text(encoding="utf-8")
    section = text.partition("## Premises")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(makers())


def test_an_acquaintance_is_the_same_person_everywhere() -> None:
    world = new_world("small", 3)
    lay(world, [Premise("PersonName", "Hanna Brandt", {"city": world.owner.city})])
    operations = operations_by_capability()
    (contact,) = operations["Communication.search_contacts"].run(world, query="Hanna Brandt")["contacts"]
    sent = operations["Communication.send_instant_message"].run(
        world, provider="telegram", chat=contact["chat_id"], text="hello"
    )
    profile = operations["Social.get_profile"].run(world, platform="twitter", handle=contact["handle"], options={})
    homes = [
        operations[capability].run(world, query="Hanna")["addresses"][0]["address"]
        for capability in ("eCommerce.list_addresses", "LocalServices.list_addresses")
    ]
    assert sent["chat"]["title"] == profile["name"] == "Hanna Brandt"
    assert profile["contact_email"] == contact["email"]
    assert homes[0] == homes[1]
    assert homes[0].endswith(world.owner.city)


def test_a_premise_survives_json() -> None:
    for one in CASES:
        premise = Premise(one.kind, one.value, one.hints)
        assert Premise.from_json(orjson.loads(orjson.dumps(premise.to_json()))) == premise


def test_the_seed_of_the_world_decides_what_is_drawn() -> None:
    read = operations_by_capability()["Communication.read_email"]
    bodies = []
    for seed in (1, 2, 3, 1):
        world = new_world("small", seed)
        lay(world, [Premise("MessageId", "MSG-1")])
        bodies.append(read.run(world, message_id="MSG-1")["body"])
    assert bodies[0] == bodies[3]
    assert len(set(bodies)) == 3
