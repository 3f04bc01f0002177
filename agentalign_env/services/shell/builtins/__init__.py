"""Commands of the shell itself, by noun."""

from __future__ import annotations

from collections.abc import Mapping

from agentalign_env.services.shell.builtins import flow, names, options, places, processes, reading, tests, texts
from agentalign_env.services.shell.builtins import variables as variables_
from agentalign_env.services.shell.shell import Builtin

__all__ = ["BUILTINS"]

BUILTINS: Mapping[str, Builtin] = {
    **flow.BUILTINS,
    **names.BUILTINS,
    **options.BUILTINS,
    **places.BUILTINS,
    **processes.BUILTINS,
    **reading.BUILTINS,
    **tests.BUILTINS,
    **texts.BUILTINS,
    **variables_.BUILTINS,
}
