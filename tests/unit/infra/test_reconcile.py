"""Desired against actual."""

import pytest

from shared.infra.reconcile import Difference, diff, same


def test_added_changed_and_removed_keys_are_all_found() -> None:
    desired = {"a": {"size": 1}, "b": {"size": 2}, "c": {"size": 3}}
    actual = {"b": {"size": 2}, "c": {"size": 4}, "d": {"size": 5}}
    assert diff(desired, actual) == Difference(added=("a",), changed=("c",), removed=("d",))


def test_what_is_no_longer_desired_is_drift() -> None:
    assert diff({}, {"orphan": {}}) == Difference((), (), ("orphan",))


def test_equal_states_are_in_sync() -> None:
    assert diff({"a": {"tags": ["x"]}}, {"a": {"tags": ["x"]}}) == Difference((), (), ())


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (True, True, True),
        ([1, {"a": None}], (1.0, {"a": None}), True),
        ([1], [True], False),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ("1", 1, False),
        ([1, 2], [1], False),
    ],
)
def test_values_are_the_same_as_json_has_it(first: object, second: object, expected: bool) -> None:
    assert same(first, second) is expected
