"""Functions written as bash shows them."""

from __future__ import annotations

from collections.abc import Sequence as Many

from agentalign_env.services.shell.syntax import (
    AndOr,
    ArithmeticCommand,
    ArithmeticFor,
    ArrayItem,
    Assignment,
    Case,
    Command,
    Condition,
    ConditionNode,
    For,
    Function,
    Group,
    If,
    Pipeline,
    Redirect,
    Redirected,
    Select,
    Sequence,
    Simple,
    Subshell,
    While,
    Word,
)

__all__ = ["command_text", "function_text"]

_STEP = "    "


def function_text(name: str, body: Command) -> str:
    """The definition of a function, without a newline at the end."""
    redirects: Many[Redirect] = ()
    if isinstance(body, Redirected):
        redirects = body.redirects
        body = body.command
    inside = body.body if isinstance(body, Group) else Sequence(())
    if not isinstance(body, Group):
        return f"{name} () \n{{ \n{_STEP}{_command(body, _STEP)}\n}}"
    return f"{name} () \n{{ \n{_sequence(inside, _STEP)}\n}}{_redirects(redirects)}"


def command_text(node: Command) -> str:
    """A command as bash shows it."""
    return _command(node, "")


def _sequence(node: Sequence, indent: str) -> str:
    lines = []
    for number, item in enumerate(node.items):
        text = _command(item.command, indent)
        last = number == len(node.items) - 1
        lines.append(indent + text + (" &" if item.background else "" if last else ";"))
    return "\n".join(lines)


def _word(word: Word) -> str:
    return word.source


def _assignment(node: Assignment) -> str:
    sign = "+=" if node.append else "="
    subscript = "" if node.subscript is None else f"[{node.subscript.source}]"
    if isinstance(node.value, Word):
        return f"{node.name}{subscript}{sign}{node.value.source}"
    return f"{node.name}{sign}({' '.join(map(_item, node.value))})"


def _item(item: ArrayItem) -> str:
    if item.subscript is None:
        return item.value.source
    return f"[{item.subscript.source}]{'+=' if item.append else '='}{item.value.source}"


def _redirects(redirects: Many[Redirect]) -> str:
    found = []
    for redirect in redirects:
        fd = redirect.fd
        number = f"{{{fd}}}" if isinstance(fd, str) else "" if fd < 0 else str(fd)
        space = "" if redirect.operator in (">&", "<&") else " "
        found.append(f" {number}{redirect.operator}{space}{redirect.target.source}")
    return "".join(found)


def _body(keyword: str, node: Sequence, indent: str) -> str:
    return f"{keyword}\n{_sequence(node, indent + _STEP)}"


def _command(node: Command, indent: str) -> str:
    if isinstance(node, Simple):
        words = [_assignment(each) for each in node.assignments]
        words += [_assignment(each) if isinstance(each, Assignment) else each.source for each in node.words]
        return " ".join(words) + _redirects(node.redirects)
    if isinstance(node, AndOr):
        return "".join(
            f"{f' {operator} ' if operator else ''}{_command(each, indent)}" for operator, each in node.items
        )
    if isinstance(node, Pipeline):
        before = f"{node.timed} " * bool(node.timed) + "! " * node.negated
        return before + " | ".join(_command(each, indent) for each in node.stages)
    if isinstance(node, Redirected):
        return _command(node.command, indent) + _redirects(node.redirects)
    if isinstance(node, Group):
        return f"{{ \n{_sequence(node.body, indent + _STEP)}\n{indent}}}"
    if isinstance(node, Subshell):
        return f"( {_sequence(node.body, '').strip()} )"
    if isinstance(node, Sequence):
        return _sequence(node, indent).strip()
    if isinstance(node, Condition):
        return f"[[ {_condition(node.node)} ]]"
    if isinstance(node, ArithmeticCommand):
        return f"(({node.word.source}))"
    if isinstance(node, Function):
        return function_text(node.name, node.body).replace("\n", f"\n{indent}")
    return _compound(node, indent)


def _compound(node: If | While | For | Select | ArithmeticFor | Case, indent: str) -> str:
    if isinstance(node, If):
        text = ""
        for number, (condition, body) in enumerate(node.clauses):
            deeper = indent + _STEP * number
            head = "if" if not number else f";\n{deeper[: -len(_STEP)]}else\n{deeper}if"
            text += f"{head} {_sequence(condition, '').strip()}; {_body('then', body, deeper)}"
        last = indent + _STEP * (len(node.clauses) - 1)
        if node.otherwise is not None:
            text += f";\n{last}{_body('else', node.otherwise, last)}"
        for number in range(len(node.clauses), 0, -1):
            text += f";\n{indent}{_STEP * (number - 1)}fi"
        return text
    if isinstance(node, While):
        word = "until" if node.until else "while"
        head = f"{word} {_sequence(node.condition, '').strip()}; do"
        return f"{head}\n{_sequence(node.body, indent + _STEP)};\n{indent}done"
    if isinstance(node, Case):
        items = []
        for item in node.items:
            patterns = " | ".join(map(_word, item.patterns))
            lines = _sequence(item.body, indent + _STEP * 2)
            items.append(f"{indent}{_STEP}{patterns})\n{lines}\n{indent}{_STEP}{item.end}\n")
        return f"case {node.word.source} in \n{''.join(items)}{indent}esac"
    if isinstance(node, ArithmeticFor):
        head = "for ((" + "; ".join(word.source.strip() for word in (node.first, node.condition, node.step)) + "))"
    else:
        words = ' in "$@"' if node.words is None else f" in {' '.join(map(_word, node.words))}"
        head = f"{'select' if isinstance(node, Select) else 'for'} {node.name}{words};"
    return f"{head}\n{indent}{_body('do', node.body, indent)};\n{indent}done"


def _condition(node: ConditionNode) -> str:
    if node.operator == "!":
        return f"! {_condition(node.nodes[0])}"
    if node.operator in ("&&", "||"):
        return f" {node.operator} ".join(map(_condition, node.nodes))
    if len(node.words) == 1:
        return node.words[0].source if node.operator == "-n" else f"{node.operator} {node.words[0].source}"
    return f"{node.words[0].source} {node.operator} {node.words[1].source}"
