"""All state is in the world; time, ids and randomness come only from the episode's context."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "agentalign_env").rglob("*.py"))

CLOCK = "take the time from the episode's clock"
STREAM = "draw from a named stream of the episode"
CONFIGURATION = "pass a configuration object in"

# Dotted name, or a whole module -> what to do instead.
BANNED = {
    "random": STREAM,
    "secrets": STREAM,
    "os.urandom": STREAM,
    "uuid": "take ids from the episode",
    "datetime.date.today": CLOCK,
    "datetime.datetime.now": CLOCK,
    "datetime.datetime.today": CLOCK,
    "datetime.datetime.utcnow": CLOCK,
    "time.time": CLOCK,
    "time.time_ns": CLOCK,
    "time.monotonic": CLOCK,
    "time.monotonic_ns": CLOCK,
    "time.perf_counter": CLOCK,
    "time.perf_counter_ns": CLOCK,
    "time.localtime": CLOCK,
    "os.environ": CONFIGURATION,
    "os.environb": CONFIGURATION,
    "os.getenv": CONFIGURATION,
}

# Banned name -> path prefixes that may use it.
ALLOWED = {
    "random": ("agentalign_env/core/rng.py",),
    "secrets": ("agentalign_env/backends/docker/",),  # a container's outputs are ended by what nobody can guess
    **{
        name: tuple(f"agentalign_env/{part}" for part in ("backends/", "cli/", "processes.py", "rollouts/"))
        for name in BANNED
        if name.startswith("time.")
    },
    **{name: ("agentalign_env/cli/",) for name in BANNED if BANNED[name] == CONFIGURATION},
}

CONTAINERS = {"bytearray", "list", "dict", "set", "Counter", "OrderedDict", "defaultdict", "deque"}
CONTAINERS |= {"WeakKeyDictionary", "WeakValueDictionary", "WeakSet"}
MUTATORS = {"add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "popleft"}
MUTATORS |= {"remove", "reverse", "setdefault", "sort", "update"}

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def imported_names(tree: ast.Module) -> dict[str, str]:
    """Map each imported local name to the dotted name that it stands for."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.split(".")[0]
                names[local] = alias.name if alias.asname else local
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def dotted(node: ast.AST, names: dict[str, str]) -> str:
    """Return the full dotted name of an expression that starts at an import, else ``""``."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute) and (owner := dotted(node.value, names)):
        return f"{owner}.{node.attr}"
    return ""


def ban_of(name: str, path: str) -> str | None:
    """Return the ban that a dotted name falls under in this file."""
    for banned in BANNED:
        if (name == banned or name.startswith(f"{banned}.")) and not path.startswith(ALLOWED.get(banned, ())):
            return banned
    return None


def ambient_uses(tree: ast.Module, path: str) -> Iterator[str]:
    """Yield each import or mention of a name that reads the host's clock, randomness, ids or environment."""
    names = imported_names(tree)
    for node in ast.walk(tree):
        used: list[str] = []
        if isinstance(node, ast.Import):
            used = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            used = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Attribute):
            used = [dotted(node, names)]
        for name in used:
            banned = ban_of(name, path)
            # In `random.Random.seed`, the inner `random.Random` is reported; once is enough.
            inner = isinstance(node, ast.Attribute) and ban_of(dotted(node.value, names), path)
            if banned and not inner:
                yield f"line {node.lineno}: {name}: {BANNED[banned]}"


def hash_uses(tree: ast.Module) -> Iterator[str]:
    """Yield each use of the builtin `hash` outside a `__hash__` method: it differs from process to process."""
    bound = bound_names(tree)
    inside = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "__hash__"
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)):
            continue
        if node.id == "hash" and "hash" not in bound and id(node) not in inside:
            yield f"line {node.lineno}: hash(): use a sha256 of the value"


def bound_names(scope: ast.AST) -> set[str]:
    """Return the names that a module or function binds itself, nested functions and classes left out."""
    names: set[str] = set()
    if isinstance(scope, Function):
        a = scope.args
        every = [*a.posonlyargs, *a.args, *a.kwonlyargs, *(extra for extra in (a.vararg, a.kwarg) if extra)]
        names |= {argument.arg for argument in every}
    for node in own_nodes(scope):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            names.add(node.name)
    return names


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope; a nested function or class is yielded but not entered."""
    ahead = list(ast.iter_child_nodes(scope))
    while ahead:
        node = ahead.pop()
        yield node
        if not isinstance(node, Function | ast.ClassDef):
            ahead.extend(ast.iter_child_nodes(node))


def is_container(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call):
        called = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
        return called in CONTAINERS
    return isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)


def is_empty(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call):
        return not (value.args or value.keywords) or getattr(value.func, "id", "") in {"defaultdict", "deque"}
    return not (getattr(value, "elts", None) or getattr(value, "keys", None) or getattr(value, "generators", None))


def module_containers(tree: ast.Module) -> Iterator[tuple[str, ast.expr | None, int]]:
    """Yield (name, value, line) of each mutable container bound at module level."""
    for node in own_nodes(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        for target in targets:
            if isinstance(target, ast.Name) and is_container(value) and not target.id.startswith("__"):
                yield target.id, value, node.lineno


def module_state(tree: ast.Module) -> Iterator[str]:
    """Yield each container, `global` or write by which a module keeps state between episodes."""
    held = set()
    for name, value, line in module_containers(tree):
        held.add(name)
        if is_empty(value):
            yield f"line {line}: {name}: an empty container at module level is state; keep it in the world"
        elif name != name.upper():
            yield f"line {line}: {name}: a table at module level is a constant; write its name in capitals"
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield f"line {node.lineno}: global {', '.join(node.names)}"
    yield from written_in_functions(tree, held)


def written_in_functions(scope: ast.AST, held: set[str]) -> Iterator[str]:
    """Yield each write, inside a function, to a container that the module holds."""
    for node in own_nodes(scope):
        if isinstance(node, Function):
            visible = held - bound_names(node)
            for inner in own_nodes(node):
                name = written_name(inner)
                if name in visible:
                    yield f"line {inner.lineno}: {name}: changed in a function"
            yield from written_in_functions(node, visible)
        elif isinstance(node, ast.ClassDef):
            yield from written_in_functions(node, held)


def written_name(node: ast.AST) -> str:
    """Return the name whose content `node` changes: `NAME[...] = `, `del NAME[...]` or `NAME.append(...)`."""
    owner: ast.AST | None = None
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
        owner = node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
        owner = node.func.value
    return owner.id if isinstance(owner, ast.Name) else ""


def violations(source: str, path: str) -> list[str]:
    tree = ast.parse(source)
    return sorted({*ambient_uses(tree, path), *hash_uses(tree), *module_state(tree)})


@pytest.mark.parametrize("path", MODULES)
def test_a_module_takes_time_ids_and_randomness_from_the_episode_and_keeps_no_state(path: str) -> None:
    assert violations((ROOT / path).read_text(encoding="utf-8"), path) == []


def test_the_package_was_found() -> None:
    assert "agentalign_env/core/rng.py" in MODULES


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "from random import Random",
        "import secrets",
        "import uuid as u",
        "from uuid import uuid4",
        "import os\nseed = os.urandom(8)",
        "import os\nhome = os.environ['HOME']",
        "from os import getenv",
        "import time\nstart = time.time()",
        "import time as t\nstart = t.perf_counter_ns()",
        "from time import monotonic",
        "import datetime\nnow = datetime.datetime.now(datetime.UTC)",
        "from datetime import datetime\nnow = datetime.now(tz)",
        "from datetime import datetime as dt\nfield(default_factory=dt.utcnow)",
        "from datetime import date\nday = date.today()",
        "def seed(name):\n    return hash(name)",
        "order = sorted(names, key=hash)",
        "_cache = {}",
        "CACHE: dict[str, int] = {}",
        "SEEN = set()",
        "from collections import defaultdict\nROWS = defaultdict(list)",
        "table = {'a': 1}",
        "def count():\n    global total",
        "NAMES = ['a']\ndef add(name):\n    NAMES.append(name)",
        "TABLE = {'a': 1}\nclass Box:\n    def put(self, key):\n        TABLE[key] = 1",
        "TABLE = {'a': 1}\ndef drop(key):\n    del TABLE[key]",
    ],
)
def test_ambient_time_ids_randomness_and_state_are_found(source: str) -> None:
    assert len(violations(source, "agentalign_env/services/mail/service.py")) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("agentalign_env/core/rng.py", "import random\nstream = random.Random(1)"),
        ("agentalign_env/rollouts/local.py", "import time\nstart = time.perf_counter()"),
        ("agentalign_env/cli/check.py", "import os\nimport time\nkey = os.environ['KEY'], time.time()"),
        ("agentalign_env/types.py", "class Name:\n    def __hash__(self):\n        return hash(self.text)"),
        (
            "agentalign_env/types.py",
            "import os\npath = os.sep\nfrom datetime import datetime\nat = datetime(2025, 1, 1)",
        ),
        ("agentalign_env/types.py", "__all__ = ['b']\nNAMES = {'a': 1}\nPAIRS = ('a',)"),
        (
            "agentalign_env/types.py",
            "NAMES = ['a']\ndef own():\n    NAMES = []\n    NAMES.append('b')\n    return NAMES",
        ),
        ("agentalign_env/types.py", "class Proof:\n    hash: str\n    def of(self):\n        return self.hash"),
        ("agentalign_env/types.py", "class Clock:\n    def now(self):\n        return self.time.time()"),
    ],
)
def test_the_exceptions_that_the_rule_makes_are_allowed(path: str, source: str) -> None:
    assert violations(source, path) == []
