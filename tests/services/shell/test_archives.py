"""Archives, compression, checksums, dumps, differences: as GNU's answer; what is packed comes back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env.core.text import from_bytes, to_bytes
from agentalign_env.services.shell.coreutils.packing import PackError, pack, unpack
from agentalign_env.services.shell.coreutils.tar_names import safe_name
from agentalign_env.services.shell.sandbox import memory_sandbox
from tests.services.shell.tables import Case, answer, cases

KINDS = st.sampled_from(["gzip", "bzip2", "xz"])


@pytest.mark.parametrize("case", cases("archives"), ids=lambda case: case.script[:60])
def test_a_command_on_archives_and_bytes_answers_as_gnus_does(case: Case) -> None:
    assert answer(case.script) == case


@given(data=st.binary(max_size=400), kind=KINDS)
def test_what_is_packed_comes_back(data: bytes, kind: str) -> None:
    assert unpack(pack(data, kind), kind, lambda _: None) == data


@given(data=st.binary(max_size=80), kind=KINDS, cut=st.integers(1, 12))
def test_packed_data_that_ends_early_is_refused(data: bytes, kind: str, cut: int) -> None:
    with pytest.raises(PackError):
        unpack(pack(data, kind)[:-cut], kind, lambda _: None)


@settings(max_examples=40)
@given(data=st.binary(max_size=120))
def test_any_bytes_survive_every_way_there_and_back(data: bytes) -> None:
    text = from_bytes(data)
    box = memory_sandbox({"/f": text}, "/")
    ways = ("base64 f | base64 -d", "gzip < f | zcat", "xxd f | xxd -r", "xxd -p f | xxd -r -p", "tar c f | tar xO")
    for way in ways:
        result = box.exec(f"{way} > g; cmp f g")
        assert (result.stdout, result.rc) == ("", 0), way
    assert to_bytes(box.read_file("/g")) == data


@given(name=st.text("a./", max_size=16))
def test_no_members_name_leads_out_of_the_directory(name: str) -> None:
    kept, _ = safe_name(name)
    assert not kept.startswith("/")
    assert ".." not in kept.split("/")


def test_the_same_files_make_the_same_archive() -> None:
    box = memory_sandbox({"/d/a": "1\n", "/d/b": "2\n"}, "/")
    script = (
        "tar czf x.tgz d; zip -qr x.zip d; sleep 5; tar czf y.tgz d; zip -qr y.zip d; cmp x.tgz y.tgz; cmp x.zip y.zip"
    )
    assert box.exec(script).rc == 0


@pytest.mark.parametrize("tool", ["gzip", "bzip2", "xz"])
def test_a_small_file_that_unpacks_to_a_huge_one_ends_at_the_limit(tool: str) -> None:
    box = memory_sandbox({}, "/tmp")
    result = box.exec(
        f"head -c 9000000 /dev/zero | {tool} > z; for i in 1 2 3 4 5 6 7 8; do cat z; done > y; {tool} -dc y | wc -c"
    )
    assert result.rc in (0, 1, 124)
    assert result.stdout.strip() in ("", "0", "72000000")


PATCH = "--- n\n+++ n\n@@ -2,3 +2,3 @@\n 2\n-3\n+three\n 4\n"


@pytest.mark.parametrize(
    ("before", "options", "files"),
    [("1\n", "", "n p"), ("0\n1\n", "", "n n.orig p"), ("0\n1\n", "--no-backup-if-mismatch", "n p")],
    ids=["fits exactly", "fits elsewhere", "not wanted"],
)
def test_a_patch_that_fits_elsewhere_keeps_the_file_as_it_was(before: str, options: str, files: str) -> None:
    box = memory_sandbox({"/w/n": f"{before}2\n3\n4\n5\n", "/w/p": PATCH}, "/w")
    assert box.exec(f"patch -s {options} n p && echo *").stdout == f"{files}\n"
    assert "three" in box.read_file("n")
    assert box.exec("cat n.orig 2>/dev/null").stdout in ("", f"{before}2\n3\n4\n5\n")


def test_an_archive_goes_to_a_pipe() -> None:
    box = memory_sandbox({"/w/d/a": "text\n"}, "/w")
    result = box.exec("zip -r - d | (cat > x; mkdir u; cd u; unzip -q ../x; find . | sort); ls")
    assert (result.stdout, result.rc) == (".\n./d\n./d/a\nd\nu\nx\n", 0)
    assert "adding: d/a" in result.stderr
