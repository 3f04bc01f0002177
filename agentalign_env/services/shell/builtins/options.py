"""Options of the shell: set and shopt."""

from __future__ import annotations

from collections.abc import Mapping

from agentalign_env.services.shell.builtins.variables import quote_plain
from agentalign_env.services.shell.parameters import declaration
from agentalign_env.services.shell.shell import DEFAULT_SHOPTS, Builtin, Shell, shell_options

__all__ = ["BUILTINS"]

_ATTRIBUTES = {"e": "errexit", "u": "nounset", "f": "noglob", "x": "xtrace", "a": "allexport"}
_OTHERS = {
    "n": "noexec", "C": "noclobber", "v": "verbose", "b": "notify", "h": "hashall", "m": "monitor", "E": "errtrace",
    "T": "functrace", "B": "braceexpand", "P": "physical", "k": "keyword", "p": "privileged", "t": "onecmd",
    "H": "histexpand",
}  # fmt: skip
_NAMES = (
    "allexport", "braceexpand", "emacs", "errexit", "errtrace", "functrace", "hashall", "histexpand", "history",
    "ignoreeof", "interactive-comments", "keyword", "monitor", "noclobber", "noexec", "noglob", "nolog", "notify",
    "nounset", "onecmd", "physical", "pipefail", "posix", "privileged", "verbose", "vi", "xtrace",
)  # fmt: skip
_SHOPTS = frozenset(
    (*DEFAULT_SHOPTS, "autocd", "assoc_expand_once", "cdable_vars", "cdspell", "checkhash", "checkjobs", "compat31",
     "dirspell", "dotglob", "execfail", "expand_aliases", "extdebug", "extglob", "failglob", "globstar", "gnu_errfmt",
     "histappend", "histreedit", "histverify", "huponexit", "inherit_errexit", "lastpipe", "lithist",
     "localvar_inherit", "localvar_unset", "login_shell", "mailwarn", "no_empty_cmd_completion", "nocaseglob",
     "nocasematch", "noexpand_translation", "nullglob", "progcomp_alias", "restricted_shell", "shift_verbose",
     "varredir_close", "xpg_echo")
)  # fmt: skip


def _switch(shell: Shell, name: str, *, on: bool) -> None:
    if name in ("errexit", "nounset", "noglob", "xtrace", "allexport", "pipefail"):
        setattr(shell, name, on)
    elif on:
        shell.other_flags.add(name)
        letter = next((letter for letter, long in _OTHERS.items() if long == name), "")
        if letter:
            shell.other_flags.add(letter)
    else:
        shell.other_flags.discard(name)
        shell.other_flags -= {letter for letter, long in _OTHERS.items() if long == name}


def _set(shell: Shell, argv: list[str]) -> int:
    words = argv[1:]
    if not words:
        for name in shell.variables.names():
            value = shell.variables.values[name]
            shown = quote_plain(value) if isinstance(value, str) else (declaration(shell, name) or "").partition("=")[2]
            shell.out(f"{name}={shown}\n")
        return 0
    shell.other_flags = set(shell.other_flags)
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word in ("--", "-"):
            if word == "--" or at < len(words):
                shell.args = words[at:]
            return 0
        if word[:1] not in ("-", "+") or len(word) < 2:
            shell.args = words[at - 1 :]
            return 0
        on = word[0] == "-"
        for letter in word[1:]:
            if letter == "o":
                if at >= len(words):
                    return _show_options(shell, commands=not on)
                if words[at] not in _NAMES:
                    shell.complain(f"set: {words[at]}: invalid option name")
                    return 2
                _switch(shell, words[at], on=on)
                at += 1
            elif letter in _ATTRIBUTES or letter in _OTHERS:
                _switch(shell, _ATTRIBUTES.get(letter) or _OTHERS[letter], on=on)
            else:
                shell.complain(f"set: {word[0]}{letter}: invalid option")
                shell.sink(2).write("set: usage: set [-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]\n")
                return 2
    return 0


def _show_options(shell: Shell, *, commands: bool) -> int:
    on = shell_options(shell)
    for name in _NAMES:
        if commands:
            shell.out(f"set {'-' if name in on else '+'}o {name}\n")
        else:
            shell.out(f"{name:15s}\t{'on' if name in on else 'off'}\n")
    return 0


def _shopt(shell: Shell, argv: list[str]) -> int:
    words = argv[1:]
    flags = set[str]()
    while words and words[0].startswith("-") and len(words[0]) > 1:
        flags |= set(words.pop(0)[1:])
    if flags - set("supqo"):
        shell.complain(f"shopt: -{next(iter(sorted(flags - set('supqo'))))}: invalid option")
        shell.sink(2).write("shopt: usage: shopt [-pqsu] [-o] [optname ...]\n")
        return 2
    status = 0
    if "o" in flags:
        for name in words:
            if "s" in flags or "u" in flags:
                _switch(shell, name, on="s" in flags)
            else:
                status |= int(name not in shell_options(shell))
        return status
    for name in words or sorted(_SHOPTS, key=lambda each: (each != "autocd", each)):
        if name not in _SHOPTS:
            status = shell.complain(f"shopt: {name}: invalid shell option name")
        elif "s" in flags and words:
            shell.shopts.add(name)
        elif "u" in flags and words:
            shell.shopts.discard(name)
        else:
            on = name in shell.shopts
            status |= int(not on) if words else 0
            if "q" in flags or ("s" in flags and not on) or ("u" in flags and on):
                continue
            shell.out(
                f"shopt -{'s' if on else 'u'} {name}\n" if "p" in flags else f"{name:15s}\t{'on' if on else 'off'}\n"
            )
    return status


BUILTINS: Mapping[str, Builtin] = {"set": _set, "shopt": _shopt}
