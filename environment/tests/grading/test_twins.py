"""Twins fail for every honest implementation."""

from __future__ import annotations

import ast
import random

import pytest

from environment.grading.twins import _sum, as_written, twin_sources, with_twins

SOURCE = b"""
from decimal import Decimal


def test_number():
    assert 1 + 1 == 2


def test_text():
    assert "a" + "b" == "ab"


def test_list():
    assert [1] + [2] == [1, 2]


def test_decimal():
    assert Decimal("1.10") + 1 == Decimal("2.10")


def test_no_literal(x=1):
    for _ in range(3):
        assert x == x


class TestGroup:
    def test_inner(self):
        assert 3 == 1 + 2
"""
NAMES = {"test_number", "test_text", "test_list", "test_decimal", "test_no_literal", "TestGroup::test_inner"}


def run(source: bytes, name: str) -> None:
    """Run one test of a file."""
    namespace: dict[str, object] = {}
    exec(source, namespace)
    group, _, function = name.rpartition("::")
    test = getattr(namespace[group](), function) if group else namespace[function]  # type: ignore[operator]
    test()  # type: ignore[operator]


@pytest.mark.parametrize("seed", range(8))
def test_a_twin_fails_although_the_code_is_right_and_the_original_passes(seed: int) -> None:
    # Given two versions of tests that pass
    dice = random.Random(seed)
    places = {name: dice.randrange(2) for name in sorted(NAMES)}
    *versions, found = twin_sources(SOURCE, places, dice)
    assert found == NAMES
    # When they run, Then each passes in the one and fails in the other
    for name, place in places.items():
        run(versions[place], name)
        with pytest.raises(AssertionError):
            run(versions[1 - place], name)


@pytest.mark.parametrize("seed", range(8))
def test_the_shape_of_a_file_does_not_tell_which_version_it_is(seed: int) -> None:
    # Given two versions of a file in which only numbers and texts are drawn
    first, second, _ = twin_sources(SOURCE, dict.fromkeys(NAMES, seed % 2), random.Random(seed))
    assert first != second

    def shape(source: bytes) -> str:
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant):
                node.value = 0
        return ast.dump(tree)

    # When what is drawn is left out, Then nothing differs
    assert shape(first) == shape(second)


def test_the_rest_of_a_file_stays_as_it_is() -> None:
    *versions, found = twin_sources(SOURCE, {"test_text": 0, "test_unknown": 0}, random.Random(1))
    assert found == {"test_text"}
    for source in versions:
        run(source, "test_number")


def test_every_test_that_is_found_has_a_twin_and_parameters_stay_together() -> None:
    source = "".join(f"def test_{number}(p):\n    assert p\n" for number in range(40)).encode()
    ids = [f"t.py::test_{number}[{p}]" for number in range(40) for p in "ab"]
    trees = with_twins({"t.py": source}, [*ids, "t.py::test_new", "u.py::test_x"], random.Random(1))
    assert set(trees.places) == set(ids)
    assert all(trees.places[test_id] == trees.places[test_id.replace("[a]", "[b]")] for test_id in ids)
    assert set(trees.places.values()) == {0, 1}


@pytest.mark.parametrize(
    "literal",
    ["2", "-5", "0", "123456789012", "''", "'ab'", '"it\'s"', "'a (b + c)'", "[1, 2]", "[]", "Decimal('2.10')"],
)
@pytest.mark.parametrize("number", [500_000, 733_331, 999_999])
def test_what_an_original_says_has_the_literals_of_its_text(literal: str, number: int) -> None:
    # Given what pytest prints of a comparison with a changed literal
    changed = _sum(ast.parse(literal, mode="eval").body, number, 0)
    assert changed is not None or literal == "-5"
    shown = literal if changed is None else f"({ast.unparse(changed)})"
    # Then it is told as it was written
    assert as_written(f"assert found == {shown}\n  At index 0") == f"assert found == {literal}\n  At index 0"


def test_what_is_no_change_of_ours_stays_as_it_is() -> None:
    message = "assert (7 - 3) == (total - 500000)\nassert f(1 + (2 - 2)) == 3\nE  ('a' + b)"
    assert as_written(message) == message


@pytest.mark.parametrize(
    "message",
    ["('\\xg' + 'b')", "('\\N{nothing}' + 'b')", "('\\u12' + 'b')", "('a\0' + 'b')", f"({'9' * 5000} - 500000)"],
)
def test_what_a_test_says_in_order_to_break_its_reader_stays_as_it_is(message: str) -> None:
    assert as_written(f"assert 1 == {message}") == f"assert 1 == {message}"
