"""Desired against actual."""

from shared.infra.reconcile import Difference, FieldChange, diff, field_changes


def test_added_changed_and_removed_keys_are_all_found():
    desired = {"a": {"size": 1}, "b": {"size": 2}, "c": {"size": 3}}
    actual = {"b": {"size": 2}, "c": {"size": 4}, "d": {"size": 5}}
    assert diff(desired, actual) == Difference(added=("a",), changed=("c",), removed=("d",))


def test_what_is_no_longer_desired_is_drift():
    assert diff({}, {"orphan": {}}) == Difference((), (), ("orphan",))
    assert not diff({}, {"orphan": {}}).in_sync


def test_equal_states_are_in_sync():
    assert diff({"a": {"tags": ["x"]}}, {"a": {"tags": ["x"]}}).in_sync


def test_attributes_that_vanished_are_changes():
    changes = field_changes({"size": 2, "name": "n"}, {"size": 1, "name": "n", "tag": "t"})
    assert changes == {"size": FieldChange(1, 2), "tag": FieldChange("t", None)}
