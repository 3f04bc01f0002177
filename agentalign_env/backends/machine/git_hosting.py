"""The git hosts of a world on the machine's disk, and what its git must be told to reach them without a network."""

from __future__ import annotations

import shlex

from agentalign_env.backends.machine.git_repositories import DIRECTORIES, commit_objects
from agentalign_env.core.text import to_bytes
from agentalign_env.core.world import World
from agentalign_env.services.machine.git.history import walk
from agentalign_env.services.machine.git.hosting import hosted_branches
from agentalign_env.services.machine.git.records import REPOSITORIES, Repository

__all__ = [
    "CONFIG_NAME", "PROGRAM_NAMES", "ROOT", "commit_environment", "git_config", "hosted_path", "hosted_repositories",
    "remote_program",
]  # fmt: skip

ROOT = "/srv/git"
"""Where the hosted repositories lie on the machine."""

CONFIG_NAME = "gitconfig"
"""The file below the root that holds `git_config`."""

PROGRAM_NAMES = ("git-remote-https", "git-remote-http")
"""What `remote_program` is called where git looks for its parts (``git --exec-path``)."""

_BARE = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n[receive]\n\tdenyDeleteCurrent = ignore\n"
_SETTINGS = """\
[core]
\tabbrev = 7
\tquotePath = false
[init]
\tdefaultBranch = main
[user]
\tuseConfigOnly = true
[pull]
\trebase = false
[merge]
\trenames = false
\tsuppressDest = main
\tsuppressDest = master
[gc]
\tauto = 0
[maintenance]
\tauto = false
[safe]
\tdirectory = *
"""
_PROGRAM = """\
#!/bin/sh
# Stands for git's own part for addresses of https: it reaches the repositories below a directory.
root={root}
url=$2
rest=${{url#*://}}
host=${{rest%%/*}}
host=${{host##*@}}
host=$(printf %s "${{host%%:*}}" | tr A-Z a-z)
path=$(printf %s "${{rest#*/}}" | sed 's,^/*,,; s,/*$,,; s,\\.git$,,')
place=$root/$host/$path.git
refuse() {{
    printf '%s\\n' "$1" >&2
    exit 128
}}
case /$host/$path/ in *//* | */./* | */../*) refuse "fatal: repository '$url' not found" ;; esac
[ -d "$root/$host" ] || refuse "fatal: unable to access '$url': Could not resolve host: $host"
[ -d "$place" ] || refuse "fatal: repository '$url' not found"
while read -r verb service; do
    case $verb in
    capabilities) printf 'connect\\n\\n' ;;
    connect)
        if [ "$service" = git-receive-pack ] && [ -e "$place/hooks/pre-receive" ]; then
            words="The requested URL returned error: 403; you may only read $host/$path"
            refuse "fatal: unable to access '$url': $words"
        fi
        printf '\\n'
        unset $(git rev-parse --local-env-vars)
        exec git "${{service#git-}}" "$place"
        ;;
    *) exit 0 ;;
    esac
done
"""


def hosted_path(repository: Repository) -> str:
    """Where a hosted repository lies below the root: ``git.fernhub.example/weekend/trip-planner.git``."""
    return f"{repository.id}.git"


def hosted_repositories(world: World) -> dict[str, dict[str, bytes]]:
    """The files of all hosted repositories, by `hosted_path`, as `git_repositories.real_repository` gives them; bare.

    One that may only be read refuses every push by the script ``hooks/pre-receive``, which must be laid executable, in
    the words of the simulation. Who may write below the root can go around it, but nothing of it is read back.
    """
    return {hosted_path(row): _hosted(world, row) for row in world.store.rows(REPOSITORIES)}


def _hosted(world: World, repository: Repository) -> dict[str, bytes]:
    found: dict[str, bytes] = dict.fromkeys(DIRECTORIES, b"")
    branches = hosted_branches(world.store, repository)
    found["HEAD"] = f"ref: refs/heads/{repository.head}\n".encode()
    found["config"] = _BARE.encode()
    found |= {f"refs/heads/{name}": f"{commit.id}\n".encode() for name, commit in branches.items()}
    found |= dict(commit_objects(world, walk(world.store, branches.values())))
    if repository.access != "write":
        words = (
            f"unable to access '{repository.url}': The requested URL returned error: 403; "
            f"you may only read {repository.id}"
        )
        found["hooks/pre-receive"] = to_bytes(f"#!/bin/sh\necho {shlex.quote(f'fatal: {words}')} >&2\nexit 1\n")
    return found


def git_config(world: World, root: str = ROOT, *, program: bool = False) -> str:
    """What the machine's git is told by ``<root>/gitconfig``: where the hosts are, and to work as the simulation does.

    Addresses of the world's hosts lead to `hosted_repositories`: https, http, ssh and git, and ``git@host:path``, with
    the user ``git``, the owner's or none. By default the directory takes the address's place (``insteadOf``), so git's
    output and the messages of a merging pull show it.

    Args:
        world: Whose hosts.
        root: Where their repositories lie.
        program: Whether `remote_program` is installed: then addresses stay as they are, and all other forms become
            https.
    """
    text = _SETTINGS
    users = ("", "git@", f"{world.background.user}@")
    for host in sorted({row.id.partition("/")[0] for row in world.store.rows(REPOSITORIES)}):
        schemes = ("ssh", "git") if program else ("https", "http", "ssh", "git")
        forms = [f"{scheme}://{user}{host}/" for scheme in schemes for user in users]
        forms += [f"{user}{host}:" for user in users]
        place = f"https://{host}/" if program else f"{root}/{host}/"
        text += f'[url "{place}"]\n' + "".join(f"\tinsteadOf = {form}\n" for form in forms)
    return text


def remote_program(root: str = ROOT) -> str:
    """A program in the place of git's own for https (see `PROGRAM_NAMES`), which reaches the hosts below the root.

    With it git shows the world's addresses, the commit of a merging pull has the simulation's name, and what cannot be
    reached or pushed to is refused in the simulation's words. It needs ``sh``, ``sed`` and ``tr``.
    """
    return _PROGRAM.format(root=shlex.quote(root))


def commit_environment(world: World, root: str = ROOT) -> dict[str, str]:
    """The variables under which the real git's commits get the names of the simulation's: its time, its settings."""
    date = f"{world.now_s} +0000"
    return {
        "GIT_AUTHOR_DATE": date,
        "GIT_COMMITTER_DATE": date,
        "GIT_CONFIG_GLOBAL": f"{world.background.home}/.gitconfig",
        "GIT_CONFIG_SYSTEM": f"{root}/{CONFIG_NAME}",
        "GIT_MERGE_AUTOEDIT": "no",
        "GIT_PAGER": "cat",
        "GIT_TERMINAL_PROMPT": "0",
    }
