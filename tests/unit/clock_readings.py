"""Finds where Python source asks the machine for the time, or names a day that a run may come near."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

READINGS = frozenset(
    {
        "datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow", "datetime.date.today",
        "time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime", "time.strftime",
        "django.utils.timezone.now",
    }
)  # fmt: skip
"""What tells the machine's time. Monotonic clocks measure; they tell none."""
FIRST_NEAR_YEAR = 2026
_NEAR_DATE = re.compile(r"\b20(?:2[6-9]|3\d)-(?:\d\d|$)")


def clock_readings(source: str) -> list[str]:
    """Every mention of a function that tells the machine's time, called or handed on, as `line: name`."""
    tree = ast.parse(source)
    names = dict(_imports(tree))
    found = ((node.lineno, _dotted(node, names)) for node in _names(tree))
    return [f"{line}: {name}" for line, name in sorted(found) if name in READINGS]


def near_dates(source: str) -> list[str]:
    """Every literal date from 2026 on, docstrings apart, as `line: text`."""
    tree = ast.parse(source)
    names = dict(_imports(tree))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            if _NEAR_DATE.search(node.value):
                found.append((node.lineno, node.value))
        elif isinstance(node, ast.Call) and _dotted(node.func, names) in ("datetime.datetime", "datetime.date"):
            year = next(iter([*node.args, *(each.value for each in node.keywords if each.arg == "year")]), None)
            if isinstance(year, ast.Constant) and isinstance(year.value, int) and year.value >= FIRST_NEAR_YEAR:
                found.append((node.lineno, ast.unparse(node)))
    return [f"{line}: {text}" for line, text in sorted(found)]


def _imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Names that imports bind, and what they stand for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield (each.asname, each.name) if each.asname else (each.name.partition(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for each in node.names:
                yield each.asname or each.name, f"{node.module}.{each.name}"


def _names(tree: ast.AST) -> Iterator[ast.Attribute | ast.Name]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            yield node


def _dotted(node: ast.AST, names: dict[str, str]) -> str:
    """What an expression of names and dots refers to; empty for any other expression, or one that nobody imported."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute) and (base := _dotted(node.value, names)):
        return f"{base}.{node.attr}"
    return ""
