"""An episode as text, from its record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentalign_env.cli.output import Output

if TYPE_CHECKING:
    from agentalign_env.recording.trajectory import RecordedCall, Trajectory

__all__ = ["print_episode", "print_steps"]

_ARGUMENT_CHARS, _RESULT_CHARS, _MESSAGE_CHARS = 160, 240, 1_000


def print_episode(output: Output, trajectory: Trajectory) -> None:
    """Prints what was asked, every step, and how it ended."""
    output.line(f"{trajectory.agent} in {trajectory.scenario.id}", style="bold")
    output.line()
    output.line(f"user: {trajectory.scenario.instruction}", style="green")
    print_steps(output, trajectory)
    output.line()
    output.line(
        f"outcome {trajectory.outcome}, reward {trajectory.reward:.2f}, steps {len(trajectory.steps)}", style="bold"
    )
    if trajectory.error:
        output.line(f"error: {trajectory.error}", style="red")


def print_steps(output: Output, trajectory: Trajectory) -> None:
    """Prints the calls with their answers, and the agent's words; long texts are cut."""
    for number, step in enumerate(trajectory.steps, 1):
        output.line()
        output.line(f"step {number}", style="dim")
        for call in step.calls:
            _print_call(output, call)
        if step.message:
            output.line(f"agent: {_cut(step.message, _MESSAGE_CHARS)}", style="cyan", indent=2)
        if step.answer and step.error:
            output.line(f"error: {_cut(step.answer, _RESULT_CHARS)}", style="red", indent=2)
        elif step.answer:
            output.line(f"user: {_cut(step.answer, _RESULT_CHARS)}", style="green", indent=2)


def _print_call(output: Output, call: RecordedCall) -> None:
    output.line(f"call {call.name}", style="cyan", indent=2)
    for name, value in call.arguments.items():
        output.line(f"{name}: {_cut(str(value), _ARGUMENT_CHARS)}", indent=4)
    output.line(f"-> {_cut(call.content, _RESULT_CHARS)}", style="red" if call.code else "dim", indent=2)
    for change in call.changes:
        kind = "deleted" if change.after is None else "created" if change.before is None else "changed"
        output.line(f"{kind} {change.table} {change.key}", style="yellow", indent=4)


def _cut(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[:most]} ... ({len(text)} characters)"
