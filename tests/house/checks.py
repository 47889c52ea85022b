"""The house rules as functions: a module in, its offences out. Knows nothing of pytest.

Import contracts in pyproject.toml guard the doors between rooms; here is what they cannot say.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "tests", "benchmarks")

MODULE_LINES_MAX = 250
FUNCTION_LINES_MAX = 50
LINE_CHARACTERS_MAX = 100

DOMAIN = "src/prepaid/domain/"
SETTINGS = "src/prepaid/settings.py"
DOMAIN_MAY_IMPORT = frozenset({"msgspec", "prepaid"})
# The standard library's clocks, dice, diaries and ways out of the process.
IMPURE_MODULES = (
    "asyncio ctypes ftplib getpass glob http io locale logging mmap multiprocessing os pathlib "
    "platform queue random sched secrets select selectors shutil signal smtplib socket "
    "socketserver sqlite3 ssl subprocess sys tempfile threading time urllib uuid warnings"
)
IMPURE_CALLS = (
    "open print input breakpoint exec eval datetime.now datetime.utcnow datetime.today date.today "
    "datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today "
    "datetime.date.today"
)
DOMAIN_MAY_NOT_IMPORT = frozenset(IMPURE_MODULES.split())
DOMAIN_MAY_NOT_CALL = frozenset(IMPURE_CALLS.split())
ENVIRONMENT = frozenset({"os.environ", "os.environb", "os.getenv", "os.getenvb"})

# Assembled, so that this file does not hold the words it looks for.
LEFT_OPEN = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file."""

    path: str  # from the root of the checkout, with forward slashes
    text: str

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def is_migration(self) -> bool:
        """A flat list of tables, which Alembic wants in one function and nobody changes again."""
        return self.path.startswith("src/prepaid/store/migrations/versions/")

    @property
    def is_source(self) -> bool:
        return self.path.startswith("src/")


Check = Callable[[Module], Iterator[str]]


def modules(root: Path = ROOT) -> list[Module]:
    """Every Python file of the tree, in order."""
    files = sorted(file for folder in FOLDERS for file in (root / folder).rglob("*.py"))
    return [Module(file.relative_to(root).as_posix(), file.read_text("utf-8")) for file in files]


def long_module(module: Module) -> Iterator[str]:
    """A module is at most 250 lines."""
    if len(module.lines) > MODULE_LINES_MAX and not module.is_migration:
        yield f"{module.path}: {len(module.lines)} lines, at most {MODULE_LINES_MAX}"


def long_function(module: Module) -> Iterator[str]:
    """A function is at most 50 lines, from its `def` to its last line."""
    for node in module.nodes:
        if not isinstance(node, Function) or module.is_migration:
            continue
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > FUNCTION_LINES_MAX:
            where = f"{module.path}:{node.lineno}"
            yield f"{where}: {node.name} has {length} lines, at most {FUNCTION_LINES_MAX}"


def long_line(module: Module) -> Iterator[str]:
    """A line is at most 100 characters, whatever is in it."""
    for number, line in enumerate(module.lines, 1):
        if len(line) > LINE_CHARACTERS_MAX:
            yield f"{module.path}:{number}: {len(line)} characters, at most {LINE_CHARACTERS_MAX}"


def left_open(module: Module) -> Iterator[str]:
    """What is not done is not in the source; it is an issue."""
    for number, line in enumerate(module.lines, 1):
        if module.is_source and (found := LEFT_OPEN.search(line)):
            yield f"{module.path}:{number}: {found[0]}"


def no_opening(module: Module) -> Iterator[str]:
    """A module opens with what it owns and what it must not know."""
    if module.is_source and not ast.get_docstring(module.tree):
        yield f"{module.path}:1: opens without a docstring"


def foreign_in_domain(module: Module) -> Iterator[str]:
    """The domain imports itself, msgspec and what is pure in the standard library."""
    if not module.path.startswith(DOMAIN):
        return
    allowed = (sys.stdlib_module_names - DOMAIN_MAY_NOT_IMPORT) | DOMAIN_MAY_IMPORT
    for number, name in _imports(module):
        if name.split(".")[0] not in allowed:
            yield f"{module.path}:{number}: the domain imports {name}"


def impure_in_domain(module: Module) -> Iterator[str]:
    """Time is handed in, and nothing is read or printed."""
    if not module.path.startswith(DOMAIN):
        return
    for node in module.nodes:
        if isinstance(node, ast.Call) and (name := ast.unparse(node.func)) in DOMAIN_MAY_NOT_CALL:
            yield f"{module.path}:{node.lineno}: the domain calls {name}"


def environment_read(module: Module) -> Iterator[str]:
    """The environment is read once, in settings."""
    if not module.is_source or module.path == SETTINGS:
        return
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ENVIRONMENT:
            yield f"{module.path}:{node.lineno}: reads {ast.unparse(node)}"
    for number, name in _imports(module):
        if name in ENVIRONMENT:
            yield f"{module.path}:{number}: imports {name}"


def _imports(module: Module) -> Iterator[tuple[int, str]]:
    # Both the module and each name taken from it: `from os import environ` gives os.environ.
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


CHECKS: tuple[Check, ...] = (
    long_module,
    long_function,
    long_line,
    left_open,
    no_opening,
    foreign_in_domain,
    impure_in_domain,
    environment_read,
)
