"""Twins of unit tests that must fail.

Unit tests run in a process that also runs the code under test, so that code could make pytest report what it likes.
A twin is the same test, under the same id, that can't pass: if it is reported as passed, the reports are worthless
and the grading is void. There are two kinds, drawn at random:

- the body is followed by an assertion that is false, which catches patched reports, hooks and early exits;
- the last `assert … == literal` of the body compares with another literal, which catches objects that claim to be
  equal to everything.
"""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Collection, Mapping

SHARE = 0.25
LEAST = 12
"""A quarter of the tests gets a twin, but at least twelve (all, if there are fewer)."""


def draw(test_ids: Collection[str], dice: random.Random) -> list[str]:
    """The ids to make twins of. All parameters of a test function share one body, so they are drawn together."""
    functions = sorted({test_id.partition("[")[0] for test_id in test_ids})
    count = min(len(functions), max(LEAST, round(SHARE * len(functions))))
    drawn = set(dice.sample(functions, count))
    return sorted(test_id for test_id in test_ids if test_id.partition("[")[0] in drawn)


def with_twins(
    files: Mapping[str, bytes], test_ids: Collection[str], dice: random.Random, compare: bool | None = None
) -> tuple[dict[str, bytes], list[str]]:
    """A tree whose drawn tests must fail, and the ids of those that were found and replaced.

    `compare` says which kind of twin is made: one that compares, where the test has what it takes, or one with a false
    assertion. By default the dice decide.
    """
    by_file: dict[str, set[str]] = {}
    for test_id in test_ids:
        path, _, name = test_id.partition("[")[0].partition("::")
        by_file.setdefault(path, set()).add(name)
    result = dict(files)
    replaced: set[str] = set()
    for path, names in by_file.items():
        if path in files:
            result[path], found = twin_source(files[path], names, dice, compare)
            replaced |= {f"{path}::{name}" for name in found}
    return result, sorted(test_id for test_id in test_ids if test_id.partition("[")[0] in replaced)


def twin_source(
    source: bytes, names: Collection[str], dice: random.Random, compare: bool | None = None
) -> tuple[bytes, set[str]]:
    """Replace the bodies of test functions (`test_x` or `TestClass::test_x`); gives the names that were found."""
    tree = ast.parse(source)
    found: set[str] = set()
    _replace(tree.body, "", names, dice, compare, found)
    return ast.unparse(ast.fix_missing_locations(tree)).encode() + b"\n", found


def _replace(
    body: list[ast.stmt],
    prefix: str,
    names: Collection[str],
    dice: random.Random,
    compare: bool | None,
    found: set[str],
) -> None:
    for node in body:
        if isinstance(node, ast.ClassDef):
            _replace(node.body, f"{prefix}{node.name}::", names, dice, compare, found)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and prefix + node.name in names:
            found.add(prefix + node.name)
            wanted = dice.random() >= 0.5 if compare is None else compare
            if not (wanted and _compare_with_another(node.body)):
                node.body.append(_false(dice))


def _false(dice: random.Random) -> ast.stmt:
    number = dice.randrange(10**6)
    return ast.parse(f"assert {number} == {number + dice.randrange(1, 1000)}").body[0]


def _compare_with_another(body: list[ast.stmt]) -> bool:
    """Change the expected literal of the last top-level `assert a == literal`; False when there is none."""
    for statement in reversed(body):
        if not isinstance(statement, ast.Assert) or not isinstance(statement.test, ast.Compare):
            continue
        comparison = statement.test
        if len(comparison.ops) != 1 or not isinstance(comparison.ops[0], ast.Eq):
            continue
        other = _another(comparison.comparators[0])
        if other is not None and _another(comparison.left) is None:
            comparison.comparators[0] = other
            return True
    return False


def _another(node: ast.expr) -> ast.expr | None:
    """An expression whose value certainly differs, for the kinds of literal where that is certain."""
    if isinstance(node, ast.Constant) and not isinstance(node.value, bool):
        if isinstance(node.value, int):
            return ast.Constant(node.value + 1)
        if isinstance(node.value, str):
            return ast.Constant(node.value + "~")
    if isinstance(node, ast.List):
        longer = copy.deepcopy(node)
        longer.elts.append(ast.Constant(0))
        return longer
    is_decimal = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Decimal"
    if is_decimal and isinstance(node, ast.Call) and len(node.args) == 1:
        value = node.args[0]
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value[-1:].isdecimal():
            return ast.BinOp(node, ast.Add(), ast.Constant(1))
    return None
