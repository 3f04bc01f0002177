"""What is built is what is in the repository, and it finds its data wherever it is installed."""

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from agentalign_env.errors import DataFileError
from agentalign_env.resources import read_toml, toml_files

ROOT = Path(__file__).resolve().parents[2]
DATA = {"tools": "agentalign_env/_data/tools", "scenarios": "agentalign_env/_data/scenarios"}

PROBE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from importlib.metadata import version
import agentalign_env
from agentalign_env.resources import data_root, read_toml, toml_files
roots = {kind: data_root(kind) for kind in ("tools", "scenarios")}
print(json.dumps({
    "package": agentalign_env.__file__,
    "version": version("agentalign-env"),
    "roots": {kind: str(root) for kind, root in roots.items()},
    "files": {kind: [str(file) for file in toml_files(root)] for kind, root in roots.items()},
    "empty": [str(file) for root in roots.values() for file in toml_files(root) if not read_toml(file)],
}))
"""


class Built(NamedTuple):
    sdist: Path
    wheel_of_sdist: Path
    wheel: Path
    """Built from the tree itself."""


def repository_files(*folders: str) -> list[str]:
    """Return the paths that git holds, or would hold after `git add`, below these folders."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60)
    return sorted({name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()})


def packaged_name(name: str) -> str:
    folder, _, rest = name.partition("/")
    return f"{DATA.get(folder, folder)}/{rest}"


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def build(target: Path, *what: str) -> None:
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), *what, str(ROOT)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    through_sdist, direct = tmp_path_factory.mktemp("through_sdist"), tmp_path_factory.mktemp("direct")
    build(through_sdist)
    build(direct, "--wheel")
    (sdist,), (indirect_wheel,) = through_sdist.glob("*.tar.gz"), through_sdist.glob("*.whl")
    (wheel,) = direct.glob("*.whl")
    return Built(sdist, indirect_wheel, wheel)


def probe(entry: Path, folder: Path) -> dict:
    """Import the package from `entry` in a new interpreter, away from the checkout."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [sys.executable, "-c", PROBE, str(entry)]
    done = subprocess.run(
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def packaged_data(kind: str) -> list[str]:
    """Return the TOML files of one kind as they lie in the wheel, ordered by the parts of their path."""
    return sorted((packaged_name(n) for n in repository_files(kind) if n.endswith(".toml")), key=lambda n: n.split("/"))


@pytest.mark.slow
def test_the_wheel_holds_exactly_the_files_of_the_repository(built: Built) -> None:
    expected = [packaged_name(name) for name in repository_files("agentalign_env", "tools", "scenarios")]
    assert "agentalign_env/py.typed" in expected
    inside = [name for name in contents(built.wheel) if ".dist-info/" not in name]
    assert sorted(inside) == sorted(expected)


@pytest.mark.slow
def test_a_wheel_built_from_the_sdist_is_the_same_wheel(built: Built) -> None:
    assert contents(built.wheel_of_sdist) == contents(built.wheel)


@pytest.mark.slow
def test_the_sdist_holds_the_package_its_data_and_its_tests(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    expected = repository_files("agentalign_env", "tools", "scenarios", "tests")
    assert sorted(set(expected) - inside) == []
    assert {"pyproject.toml", "LICENSE", "Makefile"} <= inside


@pytest.mark.slow
@pytest.mark.parametrize("form", ["zip", "installed"])
def test_the_wheel_finds_its_data(built: Built, tmp_path: Path, form: str) -> None:
    entry = built.wheel
    if form == "installed":
        entry = tmp_path / "site"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(entry)]
        subprocess.run([*command, str(built.wheel)], check=True, capture_output=True, timeout=300)
    told = probe(entry, tmp_path)
    assert told["package"] == str(entry / "agentalign_env" / "__init__.py")
    assert told["version"] == built.wheel.name.split("-")[1]
    for kind, folder in DATA.items():
        assert packaged_data(kind), f"{kind}/ holds no TOML file"
        assert Path(told["roots"][kind]) == entry / folder
        assert [Path(file) for file in told["files"][kind]] == [entry / name for name in packaged_data(kind)]
    assert told["empty"] == []


def test_the_data_folders_hold_no_python() -> None:
    data = repository_files("tools", "scenarios")
    assert data, "tools/ and scenarios/ hold no files"
    assert [name for name in data if Path(name).suffix in {".py", ".pyc", ".pyi"}] == []


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        (b'a = "x"\nb 1\n', "line 2, column 3", "expected TOML, found: Expected '=' after a key in a key/value pair"),
        (b"a = " + b"[" * 100_000, "syntax", "expected TOML, found values nested too deeply to read"),
        (b'a = "\xff"\n', "encoding", "expected UTF-8 text, found byte 0xff at offset 5"),
    ],
)
def test_a_broken_data_file_is_named_with_the_place_and_the_problem(
    tmp_path: Path, text: bytes, key: str, problem: str
) -> None:
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("tools/broken.toml", text)
    with pytest.raises(DataFileError) as caught, zipfile.ZipFile(packed) as archive:
        read_toml(zipfile.Path(archive, "tools/broken.toml"))
    assert (caught.value.file, caught.value.key, caught.value.problem) == (
        f"{packed}/tools/broken.toml",
        key,
        problem,
    )


def test_a_data_file_or_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"expected a readable file, found: No such file or directory"):
        read_toml(tmp_path / "none.toml")
    with pytest.raises(DataFileError, match=r"expected a folder of TOML files, found none"):
        toml_files(tmp_path / "none")


def test_toml_files_come_in_the_same_order_from_a_folder_and_from_a_zip(tmp_path: Path) -> None:
    names = ["b.toml", "a/z.toml", "a/deeper/y.toml", "a-b/x.toml", "a/notes.md", "c.txt"]
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(f"data/{name}", "")
            (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "data" / name).write_text("")
    expected = ["a/deeper/y.toml", "a/z.toml", "a-b/x.toml", "b.toml"]
    with zipfile.ZipFile(packed) as archive:
        for folder in (tmp_path / "data", zipfile.Path(archive, "data/")):
            found = [Path(str(file)).as_posix().partition("/data/")[2] for file in toml_files(folder)]
            assert found == expected
