"""``agentalign tools``: what agents can call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentalign_env.cli.output import Output, print_json

if TYPE_CHECKING:
    from agentalign_env.toolkit.tool import Tool

__all__ = ["tools"]


def tools(
    name: Annotated[str | None, typer.Argument(help="Show this tool alone, with its parameters.")] = None,
    capability: Annotated[str | None, typer.Option(help="Only the tools of this capability.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the tools, or show one."""
    from agentalign_env.errors import UnknownNameError
    from agentalign_env.toolkit.catalogue import load_tools

    if name is not None and capability is not None:
        raise typer.BadParameter("expected the name of a tool or --capability, got both: leave one out")
    catalogue = load_tools()
    if capability is not None and capability not in catalogue.capabilities:
        raise UnknownNameError("capability with tools", capability, catalogue.capabilities)
    if name is not None:
        tool = catalogue[name]
        print_json(_described(tool)) if json else _show(tool)
        return
    chosen = [tool for tool in catalogue.values() if capability in (None, tool.capability)]
    if json:
        print_json([_described(tool) for tool in chosen])
        return
    output = Output()
    output.table(("tool", "capability", "provider"), [(tool.name, tool.capability, tool.provider) for tool in chosen])
    output.line(f"{len(chosen)} tools, {len({tool.capability for tool in chosen})} capabilities", style="dim")


def _described(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "capability": tool.capability,
        "provider": tool.provider,
        "description": tool.description,
        "parameters": tool.schema,
    }


def _show(tool: Tool) -> None:
    output = Output()
    output.line(tool.name, style="bold")
    output.line(f"{tool.capability}, {tool.provider}", style="dim")
    output.line(tool.description)
    for parameter in tool.parameters.values():
        output.line()
        need = "required" if parameter.required else "optional"
        if "default" in parameter.schema:
            need += f", default {parameter.schema['default']!r}"
        output.line(f"{parameter.name} ({_type(parameter.schema)}; {need})", style="cyan")
        output.line(str(parameter.schema["description"]), indent=2)


def _type(schema: Any) -> str:
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    kind = schema.get("type", "any")
    if kind == "array" and isinstance(schema.get("items"), dict):
        return f"list of {_type(schema['items'])}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)
