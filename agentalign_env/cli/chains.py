"""``agentalign chains``: the behavior chains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentalign_env.cli.output import Output, print_json
from agentalign_env.cli.selection import ChainFile, chain_of, read_chains

if TYPE_CHECKING:
    from agentalign_env.scenarios.chains import Chain

__all__ = ["chains"]


def chains(
    id: Annotated[str | None, typer.Argument(help="Show this chain alone.", metavar="ID")] = None,
    category: Annotated[str | None, typer.Option(help="Only chains of this category or subcategory.")] = None,
    capability: Annotated[str | None, typer.Option(help="Only chains that have this capability.")] = None,
    path: ChainFile = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the behavior chains, or show one."""
    from agentalign_env.errors import UnknownNameError
    from agentalign_env.scenarios.taxonomy import load_taxonomy
    from agentalign_env.toolkit.capabilities import load_capabilities

    known = read_chains(path)
    if id is not None:
        chain = chain_of(known, id)
        print_json(_described(chain)) if json else _show(chain)
        return
    harms = {name for entry in load_taxonomy().values() for name in (entry.category, entry.name)}
    if category is not None and category not in harms:
        raise UnknownNameError("category", category, harms)
    if capability is not None and capability not in load_capabilities():
        raise UnknownNameError("capability", capability, load_capabilities())
    chosen = [
        chain
        for chain in known
        if category in (None, chain.category, chain.subcategory) and (capability is None or capability in chain.steps)
    ]
    if json:
        print_json([_described(chain) for chain in chosen])
        return
    output = Output()
    rows = [
        (chain.id, str(len(chain.steps)), _state(chain), ", ".join(_short(step) for step in chain.steps))
        for chain in chosen
    ]
    output.table(("chain", "steps", "state", "capabilities"), rows)
    supported = sum(not chain.unsupported for chain in chosen)
    output.line(f"{len(chosen)} chains, {supported} of them supported", style="dim")


def _described(chain: Chain) -> dict[str, Any]:
    return {**chain.model_dump(mode="json"), "unsupported": list(chain.unsupported)}


def _show(chain: Chain) -> None:
    output = Output()
    output.line(chain.id, style="bold")
    output.line(f"{chain.category} / {chain.subcategory}, {_state(chain)}", style="dim")
    if chain.rationale:
        output.line(chain.rationale)
    output.line()
    for number, step in enumerate(chain.steps, 1):
        lacking = " (no tool yet)" if step in chain.unsupported else ""
        output.line(f"{number}. {step}{lacking}", style="yellow" if lacking else "cyan")
    for title, texts in (("benign", chain.benign), ("harmful", chain.harmful), ("topics", chain.topics)):
        if texts:
            output.line()
            output.line(title, style="bold")
            for text in texts:
                output.line(f"- {text}", indent=2)


def _state(chain: Chain) -> str:
    return "unsupported" if chain.unsupported else "supported"


def _short(step: str) -> str:
    return step.partition(".")[2]
