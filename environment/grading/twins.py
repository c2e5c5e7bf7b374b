"""Twins of unit tests that must fail.

Unit tests run in a process that also runs the code under test, so that code could make pytest report what it likes.
A twin is the same test, under the same id, that can't pass: if it is reported as passed, the reports are worthless
and the phase is void.

Every test has a twin, and two trees are made of them: which one holds the original is drawn for each test function. All
are written by the same printer, and originals are changed as twins are, but for a difference of zero, so that neither
the names of a tree nor the shape of its tests tell what is what. There are two kinds of change, drawn as well:

- the body is followed by an assertion about numbers, which catches patched reports, hooks and early exits;
- the last `assert … == literal` of the body compares with a sum that is the literal or isn't, which catches objects
  that claim to be equal to everything.

Who knows a test's text can still work out which of the two it is. So this makes forging hard, not impossible, and unit
tests weigh no more than they must.
"""

from __future__ import annotations

import ast
import copy
import random
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

MOST = 10**6
LONGEST_DECIMAL = 20
"""Adding to a longer one would round it."""


# What is read here may have been written by the code under test, so it is taken for nothing but text.
_NOTHING = re.compile(r"\((?P<value>[^()]*(?:\([^()]*\))?) \+ (?:\[0\] \* )?\((?P<number>\d{6}) - (?P=number)\)\)")
_DIFFERENCE = re.compile(r"\((-?\d{1,40}) - (\d{6})\)")
_TEXT = r"""(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
_PIECES = re.compile(rf"\(({_TEXT}) \+ ({_TEXT})\)")


@dataclass(frozen=True)
class Trees:
    """Two trees that together hold each test and its twin."""

    files: tuple[Mapping[str, bytes], Mapping[str, bytes]]
    places: Mapping[str, int]
    """In which of the two a test is the original; tests that have no twin are missing."""


def with_twins(
    files: Mapping[str, bytes],
    test_ids: Collection[str],
    dice: random.Random,
    compare: bool | None = None,
    place: int | None = None,
) -> Trees:
    """Both trees for these tests.

    `compare` says which kind of change is made: one that compares, where the test has what it takes, or one with an
    assertion of its own; `place` where all originals are. By default the dice decide.
    """
    places = {
        name: dice.randrange(2) if place is None else place
        for name in sorted({test_id.partition("[")[0] for test_id in test_ids})
    }
    trees = dict(files), dict(files)
    found: set[str] = set()
    for path in sorted({name.partition("::")[0] for name in places} & files.keys()):
        of_file = {name.partition("::")[2]: at for name, at in places.items() if name.partition("::")[0] == path}
        trees[0][path], trees[1][path], known = twin_sources(files[path], of_file, dice, compare)
        found |= {f"{path}::{name}" for name in known}
    functions = {test_id: test_id.partition("[")[0] for test_id in test_ids}
    return Trees(trees, {test_id: places[name] for test_id, name in functions.items() if name in found})


def as_written(message: str) -> str:
    """What an original says when it fails, with the literals as the test's text has them: numbers instead of
    differences, texts and lists in one piece."""
    message = _NOTHING.sub(lambda found: found["value"], message)
    message = _DIFFERENCE.sub(lambda found: str(int(found[1]) - int(found[2])), message)
    return _PIECES.sub(_joined, message)


def _joined(found: re.Match[str]) -> str:
    """Two texts in one piece; as they stand when they are none."""
    try:
        return repr(ast.literal_eval(found[1]) + ast.literal_eval(found[2]))
    except (SyntaxError, ValueError):
        return found[0]


def twin_sources(
    source: bytes, places: Mapping[str, int], dice: random.Random, compare: bool | None = None
) -> tuple[bytes, bytes, set[str]]:
    """Two versions of a file with test functions (`test_x` or `TestClass::test_x`), each of them right in the version
    whose number is given and false in the other; and the names of those that were found."""
    versions = ast.parse(source), ast.parse(source)
    found: set[str] = set()
    compared = (
        _drawn(versions[0].body, places, dice) if compare is None else frozenset(places) if compare else frozenset()
    )
    _change((versions[0].body, versions[1].body), "", places, dice, compared, found)
    first, second = (ast.unparse(ast.fix_missing_locations(tree)).encode() + b"\n" for tree in versions)
    return first, second, found


def _change(
    bodies: tuple[list[ast.stmt], list[ast.stmt]],
    prefix: str,
    places: Mapping[str, int],
    dice: random.Random,
    compared: Collection[str],
    found: set[str],
) -> None:
    for pair in zip(*bodies, strict=True):
        first, second = pair
        if isinstance(first, ast.ClassDef) and isinstance(second, ast.ClassDef):
            _change((first.body, second.body), f"{prefix}{first.name}::", places, dice, compared, found)
        if not isinstance(first, ast.FunctionDef | ast.AsyncFunctionDef) or prefix + first.name not in places:
            continue
        found.add(prefix + first.name)
        wanted = prefix + first.name in compared
        number, off = dice.randrange(MOST // 2, MOST), dice.randrange(1, 1000)
        for place, node in enumerate(pair):
            assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            by = 0 if place == places[prefix + first.name] else off
            if not (wanted and _compare_with_a_sum(node.body, number, by)):
                node.body.append(_assertion(number, by))


def _assertion(number: int, off: int) -> ast.stmt:
    """One that holds if `off` is zero."""
    return ast.parse(f"assert {number} - {number // 2} == {number - number // 2 + off}").body[0]


def _drawn(body: list[ast.stmt], places: Mapping[str, int], dice: random.Random) -> frozenset[str]:
    """Half of the functions that have what it takes to compare, and at least one: each kind of forging meets a twin in
    each file that it wants to pass."""
    able = sorted(name for name, inner in _functions(body, "") if name in places and _comparison(inner) is not None)
    return frozenset(dice.sample(able, (len(able) + 1) // 2))


def _functions(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, list[ast.stmt]]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{prefix}{node.name}::")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, node.body


def _compare_with_a_sum(body: list[ast.stmt], number: int, off: int) -> bool:
    """Change the expected literal of the last top-level `assert a == literal`; False when there is none."""
    comparison = _comparison(body)
    if comparison is None:
        return False
    other = _sum(comparison.comparators[0], number, off)
    assert other is not None
    comparison.comparators[0] = other
    return True


def _comparison(body: list[ast.stmt]) -> ast.Compare | None:
    """That of the last top-level `assert a == literal`."""
    for statement in reversed(body):
        if not isinstance(statement, ast.Assert) or not isinstance(statement.test, ast.Compare):
            continue
        comparison = statement.test
        if len(comparison.ops) != 1 or not isinstance(comparison.ops[0], ast.Eq):
            continue
        # A literal on both sides compares two constants, which says nothing.
        if _sum(comparison.comparators[0], 1, 0) is not None and _sum(comparison.left, 1, 0) is None:
            return comparison
    return None


def _sum(node: ast.expr, number: int, off: int) -> ast.expr | None:
    """An expression whose value is that of a literal if `off` is zero and else certainly differs, for the kinds of
    literal where that is certain."""
    if isinstance(node, ast.Constant) and not isinstance(node.value, bool):
        if isinstance(node.value, int):
            return ast.BinOp(ast.Constant(node.value + number), ast.Sub(), ast.Constant(number - off))
        if isinstance(node.value, str):
            middle = number % (len(node.value) + 1)
            rest = node.value[middle:] + "~" * bool(off)
            return ast.BinOp(ast.Constant(node.value[:middle]), ast.Add(), ast.Constant(rest))
    difference = ast.BinOp(ast.Constant(number), ast.Sub(), ast.Constant(number - off))
    if isinstance(node, ast.List):
        more = ast.BinOp(ast.List([ast.Constant(0)], ast.Load()), ast.Mult(), difference)
        return ast.BinOp(copy.deepcopy(node), ast.Add(), more)
    is_decimal = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Decimal"
    if is_decimal and isinstance(node, ast.Call) and len(node.args) == 1:
        value = node.args[0]
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and _is_short(value.value):
            return ast.BinOp(node, ast.Add(), difference)
    return None


def _is_short(text: str) -> bool:
    return text[-1:].isdecimal() and len(text) <= LONGEST_DECIMAL
