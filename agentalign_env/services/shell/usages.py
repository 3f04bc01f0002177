"""What commands answer to ``--help`` and ``--version``: the forms of their use, and their packages."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["help_text", "version_text"]

_FORMS: Mapping[str, tuple[str, ...]] = {
    "arch": ("[OPTION]...",),
    "base32": ("[OPTION]... [FILE]",),
    "base64": ("[OPTION]... [FILE]",),
    "basename": ("NAME [SUFFIX]", "OPTION... NAME..."),
    "basenc": ("[OPTION]... [FILE]",),
    "chgrp": ("[OPTION]... GROUP FILE...", "[OPTION]... --reference=RFILE FILE..."),
    "chmod": (
        "[OPTION]... MODE[,MODE]... FILE...",
        "[OPTION]... OCTAL-MODE FILE...",
        "[OPTION]... --reference=RFILE FILE...",
    ),
    "chown": ("[OPTION]... [OWNER][:[GROUP]] FILE...", "[OPTION]... --reference=RFILE FILE..."),
    "cmp": ("[OPTION]... FILE1 [FILE2 [SKIP1 [SKIP2]]]",),
    "comm": ("[OPTION]... FILE1 FILE2",),
    "cp": ("[OPTION]... [-T] SOURCE DEST", "[OPTION]... SOURCE... DIRECTORY", "[OPTION]... -t DIRECTORY SOURCE..."),
    "csplit": ("[OPTION]... FILE PATTERN...",),
    "cut": ("OPTION... [FILE]...",),
    "date": ("[OPTION]... [+FORMAT]", "[-u|--utc|--universal] [MMDDhhmm[[CC]YY][.ss]]"),
    "dd": ("[OPERAND]...", "OPTION"),
    "diff": ("[OPTION]... FILES",),
    "dirname": ("[OPTION] NAME...",),
    "du": ("[OPTION]... [FILE]...", "[OPTION]... --files0-from=F"),
    "env": ("[OPTION]... [-] [NAME=VALUE]... [COMMAND [ARG]...]",),
    "expr": ("EXPRESSION", "OPTION"),
    "factor": ("[NUMBER]...", "OPTION"),
    "find": ("[-H] [-L] [-P] [-Olevel] [-D debugopts] [path...] [expression]",),
    "fmt": ("[-WIDTH] [OPTION]... [FILE]...",),
    "grep": ("[OPTION]... PATTERNS [FILE]...",),
    "groups": ("[OPTION]... [USERNAME]...",),
    "hostid": ("[OPTION]",),
    "id": ("[OPTION]... [USER]...",),
    "install": (
        "[OPTION]... [-T] SOURCE DEST",
        "[OPTION]... SOURCE... DIRECTORY",
        "[OPTION]... -t DIRECTORY SOURCE...",
        "[OPTION]... -d DIRECTORY...",
    ),
    "join": ("[OPTION]... FILE1 FILE2",),
    "ln": (
        "[OPTION]... [-T] TARGET LINK_NAME",
        "[OPTION]... TARGET",
        "[OPTION]... TARGET... DIRECTORY",
        "[OPTION]... -t DIRECTORY TARGET...",
    ),
    "logname": ("[OPTION]",),
    "mkdir": ("[OPTION]... DIRECTORY...",),
    "mktemp": ("[OPTION]... [TEMPLATE]",),
    "mv": ("[OPTION]... [-T] SOURCE DEST", "[OPTION]... SOURCE... DIRECTORY", "[OPTION]... -t DIRECTORY SOURCE..."),
    "nice": ("[OPTION] [COMMAND [ARG]...]",),
    "nohup": ("COMMAND [ARG]...", "OPTION"),
    "nproc": ("[OPTION]...",),
    "numfmt": ("[OPTION]... [NUMBER]...",),
    "od": (
        "[OPTION]... [FILE]...",
        "[-abcdfilosx]... [FILE] [[+]OFFSET[.][b]]",
        "--traditional [OPTION]... [FILE] [[+]OFFSET[.][b] [+][LABEL][.][b]]",
    ),
    "patch": ("[OPTION]... [ORIGFILE [PATCHFILE]]",),
    "pathchk": ("[OPTION]... NAME...",),
    "printenv": ("[OPTION]... [VARIABLE]...",),
    "readlink": ("[OPTION]... FILE...",),
    "realpath": ("[OPTION]... FILE...",),
    "rmdir": ("[OPTION]... DIRECTORY...",),
    "sed": ("[OPTION]... {script-only-if-no-other-script} [input-file]...",),
    "seq": ("[OPTION]... LAST", "[OPTION]... FIRST LAST", "[OPTION]... FIRST INCREMENT LAST"),
    "shuf": ("[OPTION]... [FILE]", "-e [OPTION]... [ARG]...", "-i LO-HI [OPTION]..."),
    "sleep": ("NUMBER[SUFFIX]...", "OPTION"),
    "sort": ("[OPTION]... [FILE]...", "[OPTION]... --files0-from=F"),
    "split": ("[OPTION]... [FILE [PREFIX]]",),
    "stat": ("[OPTION]... FILE...",),
    "stdbuf": ("OPTION... COMMAND",),
    "sync": ("[OPTION] [FILE]...",),
    "tar": ("[OPTION...] [FILE]...",),
    "touch": ("[OPTION]... FILE...",),
    "tr": ("[OPTION]... STRING1 [STRING2]",),
    "true": ("[ignored command line arguments]", "OPTION"),
    "truncate": ("OPTION... FILE...",),
    "tty": ("[OPTION]...",),
    "uniq": ("[OPTION]... [INPUT [OUTPUT]]",),
    "unlink": ("FILE", "OPTION"),
    "users": ("[OPTION]... [FILE]",),
    "wc": ("[OPTION]... [FILE]...", "[OPTION]... --files0-from=F"),
    "who": ("[OPTION]... [ FILE | ARG1 ARG2 ]",),
    "whoami": ("[OPTION]...",),
    "xargs": ("[OPTION]... COMMAND [INITIAL-ARGS]...",),
    "yes": ("[STRING]...", "OPTION"),
}
_VERSIONS: Mapping[str, str] = {
    "awk": "GNU Awk 5.2.1, API 3.2, PMA Avon 8-g1, (GNU MPFR 4.2.0, GNU MP 6.2.1)",
    "cmp": "cmp (GNU diffutils) 3.8",
    "column": "column from util-linux 2.38.1",
    "dd": "dd (coreutils) 9.1",
    "diff": "diff (GNU diffutils) 3.8",
    "egrep": "grep (GNU grep) 3.8",
    "fgrep": "grep (GNU grep) 3.8",
    "file": "file-5.44",
    "find": "find (GNU findutils) 4.9.0",
    "gawk": "GNU Awk 5.2.1, API 3.2, PMA Avon 8-g1, (GNU MPFR 4.2.0, GNU MP 6.2.1)",
    "grep": "grep (GNU grep) 3.8",
    "gunzip": "gunzip (gzip) 1.12",
    "gzip": "gzip 1.12",
    "hd": "hd from util-linux 2.38.1",
    "hexdump": "hexdump from util-linux 2.38.1",
    "ionice": "ionice from util-linux 2.38.1",
    "jq": "jq-1.6",
    "nawk": "GNU Awk 5.2.1, API 3.2, PMA Avon 8-g1, (GNU MPFR 4.2.0, GNU MP 6.2.1)",
    "patch": "GNU patch 2.7.6",
    "rev": "rev from util-linux 2.38.1",
    "sed": "sed (GNU sed) 4.9",
    "setsid": "setsid from util-linux 2.38.1",
    "tar": "tar (GNU tar) 1.34",
    "unxz": "xz (XZ Utils) 5.4.1",
    "watch": "watch from procps-ng 4.0.2",
    "xargs": "xargs (GNU findutils) 4.9.0",
    "xz": "xz (XZ Utils) 5.4.1",
    "xzcat": "xz (XZ Utils) 5.4.1",
    "zcat": "zcat (gzip) 1.12",
}


def help_text(name: str) -> str:
    """How a command is used."""
    forms = _FORMS.get(name, ("[OPTION]... [FILE]...",))
    return "".join(f"{'  or: ' if number else 'Usage:'} {name} {form}\n" for number, form in enumerate(forms))


def version_text(name: str) -> str:
    """Which version a command is."""
    return _VERSIONS.get(name, f"{name} (GNU coreutils) 9.1") + "\n"
