"""Certificates: they survive JSON, replay in any process, and tell when something in them was changed."""

import copy
import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentalign_env import load_tools
from agentalign_env.core.world import GENERATOR_VERSION, World, WorldKey
from agentalign_env.errors import ReplayError
from agentalign_env.executability.certificate import CERTIFICATE_VERSION, Certificate, certify, replay_certificate
from agentalign_env.executability.check import check
from agentalign_env.recording.replay import Divergence
from agentalign_env.scenarios.plans import PlannedCall, Ref, Slot, Text, plan_from_json, plan_to_json
from agentalign_env.scenarios.premises import Premise
from agentalign_env.services import load_base_world
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall

ROOT = Path(__file__).resolve().parents[2]
LETTER = 'Read the file /srv/no/list.txt, then email mia@post.example saying "The train leaves at nine."'


@lru_cache(maxsize=1)
def original() -> Certificate:
    """The proof of a reading and a writing call in a world that was extended."""
    report = check(LETTER, tools=["file_operation", "send_gmail"])
    assert report.certificate is not None, report.findings
    return report.certificate


def content() -> Any:
    return orjson.loads(orjson.dumps(original().to_json()))


def changed(path: str, value: Any, *, hashed: bool) -> Certificate:
    """The certificate with the value at a path replaced, and its hash made anew or left."""
    found = content()
    *way, last = path.split(".")
    place = found
    for part in way:
        place = place[int(part)] if isinstance(place, list) else place[part]
    place[int(last) if isinstance(place, list) else last] = value
    certificate = Certificate.from_json(found)
    if hashed:
        certificate = Certificate.from_json({**found, "hash": certificate.content_hash()})
    return certificate


def test_a_certificate_says_what_was_carried_out_and_where_it_began() -> None:
    proof = original()
    assert (proof.instruction, proof.faces, proof.generator) == (LETTER, None, GENERATOR_VERSION)
    assert (proof.tools, proof.world) == (("file_operation", "send_gmail"), WorldKey("small", 0))
    assert [premise.value for premise in proof.premises] == ["/srv/no/list.txt"]
    assert len(proof.plan) == len(proof.results) == 2
    assert [(change["table"], change["before"]) for change in proof.diff] == [("mails", None)]
    assert proof.diff[0]["after"]["to"] == ["mia@post.example"]
    assert proof.digest_before != proof.digest_after
    assert proof.hash == proof.content_hash()


def test_a_certificate_survives_json() -> None:
    assert content()["certificate"] == CERTIFICATE_VERSION == 1
    assert Certificate.from_json(content()) == original()
    assert Certificate.from_json(content()).to_json() == original().to_json()
    assert replay_certificate(Certificate.from_json(content())) is None


# What is changed, and the field that a replay names: the text, and hints that change nothing, leave no trace.
TAMPERED: list[tuple[str, Any, str | None]] = [
    ("instruction", "Do something else.", None),
    ("tools", ["send_gmail"], "content"),
    ("tools", [], "content"),
    ("world.seed", 1, "digest_before"),
    ("world.size", "medium", "digest_before"),
    ("world.generator", GENERATOR_VERSION + 1, "world.generator"),
    ("premises", [], "digest_before"),
    ("premises.0.value", "/srv/no/other.txt", "digest_before"),
    ("premises.0.hints", {"for": "write"}, None),
    ("plan.0.tool", "send_gmail", "content"),
    ("plan.0.arguments.path", "/srv/no/other.txt", "content"),
    ("plan.0.arguments.path", {"slot": "path"}, "arguments"),
    ("plan.1.arguments.body", {"ref": 0, "path": ["nothing"]}, "arguments"),
    ("plan.1.arguments.body", {"ref": 7, "path": []}, "arguments"),
    ("plan.1.arguments.body", "The train leaves at ten.", "diff"),
    ("plan", [], "plan"),
    ("results", [], "results"),
    ("results", ["{}", "{}", "{}"], "results"),
    ("results.1", "{}", "content"),
    ("diff", [], "diff"),
    ("diff.0.after.subject", "Hello", "diff"),
    ("digest_before", "0" * 64, "digest_before"),
    ("digest_after", "0" * 64, "digest_after"),
]


@pytest.mark.parametrize(("path", "value", "field"), TAMPERED, ids=lambda value: str(value)[:40])
def test_whatever_is_changed_is_told_by_the_hash(path: str, value: Any, field: str | None) -> None:
    found = replay_certificate(changed(path, value, hashed=False))
    assert isinstance(found, Divergence)
    assert (found.field, found.expected) == ("hash", original().hash)


@pytest.mark.parametrize(("path", "value", "field"), TAMPERED, ids=lambda value: str(value)[:40])
def test_with_a_new_hash_the_replay_tells_what_the_world_can_tell(path: str, value: Any, field: str | None) -> None:
    found = replay_certificate(changed(path, value, hashed=True))
    assert (None if found is None else found.field) == field


def test_a_changed_hash_is_told() -> None:
    found = replay_certificate(changed("hash", "0" * 64, hashed=False))
    assert found == Divergence(None, None, "hash", "0" * 64, original().content_hash())


def test_calls_that_fail_prove_nothing() -> None:
    world = World(load_base_world("small", 0))
    tools = {"file_operation": load_tools()["file_operation"]}
    call = PlannedCall("file_operation", {"operation": "read", "path": "/srv/no/list.txt"})
    result = execute(world, tools, ToolCall("", call.tool, call.arguments))
    assert result.code == "not_found"
    proof = certify("Read it.", world, (), [call], [result], tools, None)
    assert replay_certificate(proof) == Divergence(0, None, "code", "", "not_found")


@pytest.mark.parametrize(
    ("path", "value"),
    [("world.size", "vast"), ("tools", ["no_such_tool"]), ("premises.0.kind", "Nonsense"), ("premises.0.value", " ")],
)
def test_a_world_or_a_tool_that_does_not_exist_here_is_a_replay_error(path: str, value: Any) -> None:
    with pytest.raises(ReplayError, match=r"certificate [0-9a-f]{12}: "):
        replay_certificate(changed(path, value, hashed=True))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("instruction", None),
        ("tools", "send_gmail"),
        ("tools.0", 3),
        ("faces", "x"),
        ("world", None),
        ("world.seed", "0"),
        ("world.seed", 1.5),
        ("world.generator", None),
        ("premises", {}),
        ("premises.0.value", 3),
        ("premises.0.hints", None),
        ("plan", None),
        ("plan.0", "read"),
        ("plan.0.tool", None),
        ("plan.0.arguments", []),
        ("results", "{}"),
        ("results.0", {}),
        ("diff", None),
        ("diff.0", 1),
        ("digest_before", None),
        ("hash", 5),
        ("certificate", 2),
        ("certificate", "1"),
    ],
)
def test_a_certificate_of_another_form_is_a_replay_error(path: str, value: Any) -> None:
    with pytest.raises(ReplayError, match="certificate"):
        changed(path, value, hashed=False)


@pytest.mark.parametrize("field", sorted(content()))
def test_a_certificate_that_lacks_a_field_is_a_replay_error(field: str) -> None:
    found = content()
    del found[field]
    with pytest.raises(ReplayError, match="certificate"):
        Certificate.from_json(found)


@pytest.mark.parametrize("given", [None, [], "x", 1, {}, {"certificate": None}])
def test_what_is_no_certificate_is_a_replay_error(given: Any) -> None:
    with pytest.raises(ReplayError, match="expected version 1"):
        Certificate.from_json(given)


def test_values_that_are_nested_too_deeply_are_a_replay_error() -> None:
    deep: Any = "x"
    for _ in range(3_000):
        deep = [deep]
    found = content()
    found["plan"][0]["arguments"]["path"] = deep
    with pytest.raises(ReplayError):
        replay_certificate(Certificate.from_json(found))


@given(st.data())
def test_a_certificate_with_any_part_replaced_is_read_or_refused_but_never_crashes(data: st.DataObject) -> None:
    found = content()
    junk = st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.text(max_size=3), st.floats(allow_nan=False)),
        lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(KEYS), inner, max_size=2)),
        max_leaves=5,
    )
    place, key = found, data.draw(st.sampled_from(sorted(found)))
    while isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans()):
        place = place[key]
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    before = copy.deepcopy(place[key])
    place[key] = data.draw(junk)
    try:
        certificate = Certificate.from_json(found)
        hashed = Certificate.from_json({**certificate.to_json(), "hash": certificate.content_hash()})
        divergence = replay_certificate(certificate)
        replay_certificate(hashed)
    except ReplayError:
        return
    assert divergence is not None or place[key] == before


KEYS = ("slot", "ref", "path", "text", "literal", "tool", "kind")
LITERALS = [
    {"slot": "to"},
    {"ref": 0, "path": ["url"]},
    {"ref": True, "path": []},
    {"ref": 0, "path": [{}]},
    {"text": ["a", "b"]},
    {"literal": {"slot": "to"}},
    {"literal": {"literal": {"text": []}}},
    {"literal": {"a": 1}},
    {"literal": "x"},
    {"slot": "to", "more": 1},
    {"slot": 3},
    [{"slot": "to"}, {"text": [{"ref": 1, "path": []}]}],
]


@pytest.mark.parametrize("literal", LITERALS, ids=str)
def test_a_literal_that_looks_like_a_part_of_a_plan_stays_a_literal(literal: Any) -> None:
    plan = (PlannedCall("t", {"a": literal, "b": Text(("x", Ref(0, ("u", 1)))), "c": [Slot("s"), literal]}),)
    written = orjson.loads(orjson.dumps(plan_to_json(plan)))
    assert repr(plan_from_json(written)) == repr(plan)


def test_plans_that_were_written_before_literals_were_marked_are_read_as_ever() -> None:
    old = [{"tool": "t", "arguments": {"a": {"slot": "s"}, "b": {"text": [{"ref": 0, "path": ["u"]}]}, "c": {"d": 1}}}]
    assert plan_from_json(old) == (PlannedCall("t", {"a": Slot("s"), "b": Text((Ref(0, ("u",)),)), "c": {"d": 1}}),)
    assert plan_to_json(plan_from_json(old)) == old


def test_a_certificate_with_such_a_literal_replays() -> None:
    world = World(load_base_world("small", 0))
    tools = {"http_request": load_tools()["http_request"]}
    call = PlannedCall("http_request", {"url": "https://www.post.example/", "headers": {"text": "a", "slot": "b"}})
    odd = PlannedCall("http_request", {"url": "https://www.post.example/", "headers": {"slot": "b"}})
    results = [execute(world, tools, ToolCall("", one.tool, one.arguments)) for one in (call, odd)]
    proof = certify("Ask twice.", world, (), [call, odd], results, tools, None)
    read = Certificate.from_json(orjson.loads(orjson.dumps(proof.to_json())))
    assert read == proof
    assert read.plan[1].arguments["headers"] == {"slot": "b"}
    assert replay_certificate(read) == replay_certificate(proof)


def test_premises_that_are_no_longer_needed_are_part_of_the_hash() -> None:
    proof = original()
    more = Certificate.from_json({**content(), "premises": [*content()["premises"], Premise("Mail", "", {}).to_json()]})
    assert more.content_hash() != proof.hash


SCRIPT = """
import sys, orjson
from agentalign_env.executability.certificate import Certificate, replay_certificate
certificate = Certificate.from_json(orjson.loads(sys.stdin.buffer.read()))
print(replay_certificate(certificate), certificate.content_hash(), certificate.digest_after)
"""


@pytest.mark.parametrize("seed", ["0", "99"])
def test_another_process_replays_it_to_the_same_digests(seed: str) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
    given = orjson.dumps(original().to_json())
    done = subprocess.run([sys.executable, "-c", SCRIPT], input=given, check=True, capture_output=True, env=env)
    assert done.stdout.decode().split() == ["None", original().hash, original().digest_after]
