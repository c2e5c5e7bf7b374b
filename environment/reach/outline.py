"""What the statements of a module-level part bind and mention, and which of them do nothing but bind.

A *plain* statement, such as a constant, an import of the standard library or the signature of a function, has no effect
but the names that it binds: whatever a change of it can touch has to mention one of them.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from environment.reach.functions import Definition, digest_of, docstring_of, named_definitions

WORD = re.compile(r"[A-Za-z_]\w*")
PLAIN_DECORATORS = frozenset(
    {"staticmethod", "classmethod", "property", "setter", "contextmanager", "asynccontextmanager", "cache", "lru_cache"}
)
PLAIN_CALLS = frozenset({"frozenset", "set", "tuple", "list", "dict", "range", "timedelta"})
PLAIN_EXPRESSIONS = (
    *(ast.Constant, ast.Name, ast.Attribute, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Starred, ast.Subscript),
    *(ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.JoinedStr, ast.FormattedValue, ast.keyword),
    *(ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.Slice),
)
NOT_PLAIN_OPERATORS = (ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
"""They can fail where a file is loaded."""


@dataclass(frozen=True)
class Statement:
    """One statement of a module-level part, or of a plain class."""

    digest: str
    binds: frozenset[str]
    """A member of a class with a dot before its name: whoever has an object finds it, without importing anything."""
    mentions: frozenset[str]
    plain: bool
    imports: str = ""
    """What it imports, as `module` or `module:name`; nothing for other statements."""


@dataclass(frozen=True)
class Outline:
    """A file's statements, and which words each function's body mentions."""

    statements: tuple[Statement, ...]
    functions: Mapping[str, frozenset[str]]


@lru_cache(maxsize=8192)
def outline(content: bytes) -> Outline:
    """The outline of a file. Raises SyntaxError or ValueError when it is no Python."""
    tree = ast.parse(content)
    found = list(named_definitions(tree))
    functions: dict[str, frozenset[str]] = {}
    for name, node in sorted(found, key=lambda item: -item[0].count("<locals>")):
        docstring = docstring_of(node)
        functions[name] = _words(node.body[len(docstring) :])
        node.body = [*docstring, ast.Pass()]
    known = {name for node in tree.body for name in _bound(node)} | set(dir(builtins))
    statements = [statement for node in tree.body for statement in _statements(node, known)]
    return Outline(tuple(statements), {name: functions[name] for name, _ in found})


def _words(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Every name, attribute and word of a text below some nodes."""
    found: set[str] = set()
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.keyword | ast.arg):
            found.add(node.arg or "")
        elif isinstance(node, ast.alias):
            found |= set(node.name.split("."))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= set(WORD.findall(node.value))
    return frozenset(found)


def _bound(node: ast.stmt) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id
        elif isinstance(inner, Definition | ast.ClassDef):
            yield inner.name
        elif isinstance(inner, ast.alias):
            yield inner.asname or inner.name.partition(".")[0]


def _statements(node: ast.stmt, known: set[str]) -> Iterator[Statement]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from _imports(node)
    elif isinstance(node, ast.ClassDef) and _is_plain_class(node):
        members, node.body = node.body, [ast.Pass()]
        yield _statement(node, [node.name], plain=False)
        for member in members:
            yield _statement(member, [f".{name}" for name in _bound(member)], plain=_is_plain_member(member))
    elif isinstance(node, Definition):
        yield _statement(node, [node.name], plain=_is_plain_definition(node))
    elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        named = all(isinstance(target, ast.Name) for target in targets)
        names = {inner.id for inner in ast.walk(node.value) if isinstance(inner, ast.Name)}
        yield _statement(node, _bound(node), plain=named and names <= known and is_plain_expression(node.value))
    elif _is_text(node):
        yield _statement(node, [], plain=True)  # A docstring of what stands before it, which nothing reads.
    else:
        yield _statement(node, _bound(node), plain=False)


def _statement(node: ast.stmt, binds: Iterable[str], *, plain: bool) -> Statement:
    names = frozenset(binds)
    special = any(name.lstrip(".").startswith("__") and name.endswith("__") for name in names)
    return Statement(digest_of(ast.dump(node)), names, _words([node]) - names, plain and not special)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[Statement]:
    """A statement for each name; whether one of another library is plain is for others to say."""
    for alias in node.names:
        base = f"{'.' * node.level}{node.module or ''}:" if isinstance(node, ast.ImportFrom) else ""
        standard = (base.rstrip(":") or alias.name).partition(".")[0] in sys.stdlib_module_names
        future = base == "__future__:" or alias.name == "*"
        yield Statement(
            digest_of(f"{base}{alias.name} {alias.asname}"),
            frozenset({alias.asname or alias.name.partition(".")[0]}),
            frozenset(alias.name.split(".")),
            standard and not future,
            f"{base}{alias.name}",
        )


def is_plain_expression(node: ast.AST) -> bool:
    """Whether a value can be made without any effect and without failing."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", "")
        return name in PLAIN_CALLS and all(map(is_plain_expression, [*node.args, *node.keywords]))
    if isinstance(node, NOT_PLAIN_OPERATORS) or not isinstance(node, PLAIN_EXPRESSIONS):
        return False
    return all(map(is_plain_expression, ast.iter_child_nodes(node)))


def _decorators(node: Definition | ast.ClassDef) -> list[str]:
    plain = [item.func if isinstance(item, ast.Call) else item for item in node.decorator_list]
    return [item.attr if isinstance(item, ast.Attribute) else getattr(item, "id", "") for item in plain]


def _is_plain_definition(node: Definition) -> bool:
    defaults = [*node.args.defaults, *(item for item in node.args.kw_defaults if item is not None)]
    return set(_decorators(node)) <= PLAIN_DECORATORS and all(map(is_plain_expression, defaults))


def _is_plain_class(node: ast.ClassDef) -> bool:
    """Nothing looks at its members when it is made, except that a dataclass looks at its fields."""
    return not node.bases and not node.keywords and set(_decorators(node)) <= {"dataclass"}


def _is_plain_member(node: ast.stmt) -> bool:
    return isinstance(node, Definition) and _is_plain_definition(node)
