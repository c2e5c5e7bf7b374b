"""Twins fail for every honest implementation."""

from __future__ import annotations

import random

import pytest

from environment.grading.twins import draw, twin_source, with_twins

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


@pytest.mark.parametrize("seed", range(8))
def test_a_twin_fails_although_the_code_is_right(seed: int) -> None:
    # Given the twins of tests that pass
    source, found = twin_source(SOURCE, NAMES, random.Random(seed))
    assert found == NAMES
    namespace: dict[str, object] = {}
    exec(source, namespace)
    # When they run, Then each fails
    for name in sorted(NAMES):
        group, _, function = name.rpartition("::")
        test = getattr(namespace[group](), function) if group else namespace[function]  # type: ignore[operator]
        with pytest.raises(AssertionError):
            test()  # type: ignore[operator]


def test_the_rest_of_a_file_stays_as_it_is() -> None:
    source, found = twin_source(SOURCE, {"test_text", "test_unknown"}, random.Random(1))
    assert found == {"test_text"}
    namespace: dict[str, object] = {}
    exec(source, namespace)
    namespace["test_number"]()  # type: ignore[operator]


def test_a_quarter_is_drawn_and_parameters_stay_together() -> None:
    ids = [f"tests/unit/x/test_y.py::test_{n}[{p}]" for n in range(100) for p in "ab"]
    drawn = draw(ids, random.Random(1))
    assert len(drawn) == 50
    assert {test_id.replace("[a]", "[b]") for test_id in drawn} <= set(drawn)
    assert draw(ids[:6], random.Random(1)) == ids[:6]
    assert drawn != draw(ids, random.Random(2))


def test_only_found_tests_are_expected_to_fail() -> None:
    files, ids = with_twins({"t.py": SOURCE}, ["t.py::test_text", "t.py::test_new", "u.py::test_x"], random.Random(1))
    assert ids == ["t.py::test_text"]
    assert files["t.py"] != SOURCE
