"""Takes a Python file apart: its functions, and what is left over.

A function is known by the file's path and its name inside of it (`shared/web/edge.py::Gate.check`,
`…::outer.<locals>.inner`); the second of one name (a property's setter, a definition in an `else`) is `name#2`. The
innermost definition owns a line; lambdas and comprehensions belong to the definition around them. Docstring,
signature, defaults and decorators run or are read when the *file* is loaded, so they belong to what is left over: the
file's module-level part. So do bodies that do nothing (a docstring, `...`).

What is compared is the syntax tree: comments and layout make no difference, docstrings do.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """A file taken apart: a digest of each function's body by its name, and the statements of the module-level part."""

    functions: Mapping[str, str]
    module: tuple[str, ...]
    """A digest of each statement at the top, in order; bodies of functions are left out of it."""

    @property
    def module_digest(self) -> str:
        """One digest of the module-level part."""
        return digest_of("\n".join(self.module))


def digest_of(text: str) -> str:
    """A short digest of a text."""
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=6).hexdigest()


def named_definitions(tree: ast.AST) -> Iterator[tuple[str, Definition]]:
    """Every function of a file that does something, with its name, in the order of the file."""
    seen: dict[str, int] = {}
    for name, node in _definitions(tree, ""):
        seen[name] = seen.get(name, 0) + 1
        if does_something(node):
            yield (name if seen[name] == 1 else f"{name}#{seen[name]}"), node


def _definitions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Definition]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            yield prefix + child.name, child
            yield from _definitions(child, f"{prefix}{child.name}.<locals>.")
        elif isinstance(child, ast.ClassDef):
            yield from _definitions(child, f"{prefix}{child.name}.")
        else:
            yield from _definitions(child, prefix)


def docstring_of(node: Definition | ast.Module) -> list[ast.stmt]:
    """The docstring's statement, if there is one."""
    head = node.body[:1]
    is_text = head and isinstance(head[0], ast.Expr) and isinstance(head[0].value, ast.Constant)
    return head if is_text and isinstance(head[0].value.value, str) else []  # type: ignore[attr-defined]


def does_something(node: Definition) -> bool:
    """Whether there is more to a body than a docstring and `...`."""
    return any(not _is_ellipsis(statement) for statement in node.body[len(docstring_of(node)) :])


def _is_ellipsis(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and statement.value.value is Ellipsis
    )


@lru_cache(maxsize=8192)
def take_apart(content: bytes) -> Source:
    """The functions and the module-level part of a file. Raises SyntaxError or ValueError when it is no Python."""
    tree = ast.parse(content)
    found = list(named_definitions(tree))
    functions: dict[str, str] = {}
    # From the inside out: what is digested leaves a hole behind, so an outer body doesn't hold its inner ones.
    for name, node in sorted(found, key=lambda item: -item[0].count("<locals>")):
        docstring = docstring_of(node)
        functions[name] = digest_of("\n".join(map(ast.dump, node.body[len(docstring) :])))
        node.body = [*docstring, ast.Pass()]
    return Source({name: functions[name] for name, _ in found}, tuple(digest_of(ast.dump(item)) for item in tree.body))
