"""Desired against actual."""

from shared.infra.reconcile import Difference, diff


def test_added_changed_and_removed_keys_are_all_found() -> None:
    desired = {"a": {"size": 1}, "b": {"size": 2}, "c": {"size": 3}}
    actual = {"b": {"size": 2}, "c": {"size": 4}, "d": {"size": 5}}
    assert diff(desired, actual) == Difference(added=("a",), changed=("c",), removed=("d",))


def test_what_is_no_longer_desired_is_drift() -> None:
    assert diff({}, {"orphan": {}}) == Difference((), (), ("orphan",))


def test_equal_states_are_in_sync() -> None:
    assert diff({"a": {"tags": ["x"]}}, {"a": {"tags": ["x"]}}) == Difference((), (), ())
