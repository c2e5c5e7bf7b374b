"""Writes the instrumented copy of a tree: every function of the platform tells when it is entered.

The text is kept as it is and lines are put in between; nothing is printed anew from a syntax tree. A file's own lines
hold numbers that count from 0 in that file, so an instrumented file depends on nothing but its original.
"""

from __future__ import annotations

import ast
import codecs
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from environment.reach import plugin, recorder
from environment.reach.functions import Definition, docstring_of, named_definitions, take_apart
from environment.reach.remembered import LASTING

INSTRUMENTED = ("services/", "shared/")
UNTOUCHED = "/migrations/"
"""Migrations run while a fleet starts; a change of one reaches everything."""

CACHES = frozenset({"cache", "lru_cache", "cached", "cachedmethod"})
"""Decorators whose function isn't entered by every call: there the call is noted."""

ROWS = 1 << 14
"""Most tests of one run, and then some: rows that nobody uses take no room on disk."""


@dataclass(frozen=True)
class Instrumented:
    """An instrumented tree and the names of its functions in the order of their numbers."""

    files: Mapping[str, bytes]
    names: tuple[str, ...]


@dataclass(frozen=True, order=True)
class _Insertion:
    line: int
    """Counted from 0; the text comes before this line, or into it."""
    column: int
    """In bytes; 0 inserts a line of its own."""
    text: bytes


def is_instrumented(path: str) -> bool:
    """Whether functions of this file are told apart."""
    return path.startswith(INSTRUMENTED) and path.endswith(".py") and UNTOUCHED not in path


def instrument(files: Mapping[str, bytes], idle_seconds: float = 0.0) -> Instrumented:
    """The tree with its platform instrumented and the recorder in its root.

    `idle_seconds` is how long a fleet is left alone before its first test, to see what runs by itself. A file that
    can't be read as Python stays as it is.
    """
    result = dict(files)
    names: list[str] = []
    bases: dict[str, int] = {}
    for path in sorted(filter(is_instrumented, files)):
        try:
            content, found = instrument_source(files[path], path)
        except (SyntaxError, ValueError):
            continue
        if found:
            result[path] = content
            bases[path] = len(names)
            names += [f"{path}::{name}" for name in found]
    layout = {
        "rows": ROWS,
        "columns": max(1, len(names)),
        "bases": bases,
        "idle_seconds": idle_seconds,
        "lasting": LASTING,
    }
    result[f"{recorder.MODULE}.py"] = Path(recorder.__file__).read_bytes()
    result[f"{plugin.MODULE}.py"] = Path(plugin.__file__).read_bytes()
    result[recorder.LAYOUT] = json.dumps(layout).encode()
    return Instrumented(result, tuple(names))


def function_names(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The names that `instrument` would give, in the same order."""
    names: list[str] = []
    for path in sorted(filter(is_instrumented, files)):
        with suppress(SyntaxError, ValueError):
            names += [f"{path}::{name}" for name in take_apart(files[path]).functions]
    return tuple(names)


def instrument_source(content: bytes, path: str) -> tuple[bytes, list[str]]:
    """One file with its calls put in, and the names of its functions; the n-th tells the number n.

    Raises SyntaxError or ValueError when it is no Python.
    """
    tree = ast.parse(content)
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    lines = content.removeprefix(mark).splitlines(keepends=True)
    names: list[str] = []
    insertions: list[_Insertion] = []
    for number, (name, node) in enumerate(named_definitions(tree)):
        names.append(name)
        insertions.append(_call(node, number, lines))
    if not names:
        return content, []
    insertions.append(_import(tree, path, lines))
    for item in sorted(insertions, reverse=True):
        line = lines[item.line] if item.line < len(lines) else b""
        if item.column:
            lines[item.line] = line[: item.column] + item.text + line[item.column :]
        else:
            lines.insert(item.line, item.text)
    return mark + b"".join(lines), names


def _call(node: Definition, number: int, lines: Sequence[bytes]) -> _Insertion:
    cache = next((item for item in node.decorator_list if _is_cache(item)), None)
    if cache is not None:
        # Above the cache and below what stands above it, which may be a `staticmethod`.
        line = _line_of_sign(cache, lines)
        return _Insertion(line, 0, _indent(lines[line]) + f"@__reach_each__({number})\n".encode())
    return _before(node.body[len(docstring_of(node))], f"__reach_hit__({number})", lines)


def _is_cache(decorator: ast.expr) -> bool:
    if isinstance(decorator, ast.Call):
        decorator = decorator.func
    name = decorator.attr if isinstance(decorator, ast.Attribute) else getattr(decorator, "id", "")
    return name in CACHES


def _import(tree: ast.Module, path: str, lines: Sequence[bytes]) -> _Insertion:
    statement = f"import {recorder.MODULE}; __reach_hit__, __reach_each__ = {recorder.MODULE}.of({path!r})"
    body = tree.body[len(docstring_of(tree)) :]
    first = next(item for item in body if not (isinstance(item, ast.ImportFrom) and item.module == "__future__"))
    return _before(first, statement, lines)


def _before(statement: ast.stmt, text: str, lines: Sequence[bytes]) -> _Insertion:
    """Put a simple statement before another: on a line of its own, or into the line where something stands before."""
    decorators = getattr(statement, "decorator_list", [])
    line = _line_of_sign(decorators[0], lines) if decorators else statement.lineno - 1
    column = len(_indent(lines[line])) if decorators else statement.col_offset
    goes_on = line > 0 and lines[line - 1].rstrip(b"\r\n").endswith(b"\\")
    if lines[line][:column].strip() or goes_on:
        return _Insertion(line, max(1, column), f"{text}; ".encode())
    return _Insertion(line, 0, lines[line][:column] + text.encode() + b"\n")


def _line_of_sign(decorator: ast.expr, lines: Sequence[bytes]) -> int:
    """The line of a decorator's `@`, which may stand above a parenthesised expression."""
    line = decorator.lineno - 1
    while not lines[line].lstrip().startswith(b"@"):
        line -= 1
    return line


def _indent(line: bytes) -> bytes:
    return line[: len(line) - len(line.lstrip())]
