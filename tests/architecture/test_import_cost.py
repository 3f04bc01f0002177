"""`import agentalign_env` stays light: heavy libraries load when a feature that needs them is used."""

import json
import subprocess
import sys

HEAVY = {"docker", "faker", "fakeredis", "pydantic", "rich", "typer"}

PROBE = """
{statement}
import json, sys
import agentalign_env
print(json.dumps({{
    "file": agentalign_env.__file__,
    "loaded": sorted({{name.partition(".")[0] for name in sys.modules}}),
}}))
"""


def loaded_after(statement: str) -> set[str]:
    """Return the top-level modules that a new interpreter holds after `statement` and `import agentalign_env`."""
    command = [sys.executable, "-W", "error", "-c", PROBE.format(statement=statement)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    told = json.loads(done.stdout)
    assert told["file"] is not None, "agentalign_env has no __init__.py"
    return set(told["loaded"])


def test_importing_the_package_loads_no_heavy_library() -> None:
    loaded = loaded_after("")
    assert "agentalign_env" in loaded
    assert sorted(loaded & HEAVY) == []


def test_a_heavy_library_that_is_loaded_is_seen() -> None:
    assert loaded_after("import pydantic") & HEAVY == {"pydantic"}
