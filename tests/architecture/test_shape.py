"""The shape of the code: folders of one kind look alike, and no file grows beyond reading."""

from pathlib import Path

import pytest

from agentalign_env.core.service import Service
from agentalign_env.services import SERVICES

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "agentalign_env"
MOST_LINES = 500

# Longer on purpose: file -> why it is one piece.
LONG: dict[str, str] = {}


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_service_is_a_folder_with_the_same_parts(service: Service) -> None:
    folder = PACKAGE / "services" / service.name
    parts = {path.name for path in folder.glob("*.py")}
    wanted = {"__init__.py", "records.py", "service.py"} | ({"seed.py"} if service.tables else set())
    assert wanted <= parts


def test_every_folder_of_services_is_registered() -> None:
    folders = {path.name for path in (PACKAGE / "services").iterdir() if (path / "service.py").is_file()}
    assert folders == {service.name for service in SERVICES}


def test_no_file_is_longer_than_it_can_be_read_without_a_reason() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("agentalign_env", "tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert {name: lines for name, lines in long.items() if name not in LONG} == {}
    assert set(LONG) <= set(long), "a reason for a file that is short again"
