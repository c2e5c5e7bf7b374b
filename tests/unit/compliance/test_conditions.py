"""Conditions: true, false, or an error; never false by accident."""

from typing import Any

import pytest

from services.compliance.domain.conditions import Condition, EvaluationError, InvalidCondition, checked, holds

RESOURCE = {
    "vcpus": 8,
    "zone": "eu-1a",
    "public": False,
    "tags": {"owner": "team-a", "tier": None},
    "ports": [22, 443],
    "flags": [True, {"nested": [False]}],
}


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("vcpus", "equals", 8, True),
        ("vcpus", "equals", 8.0, True),
        ("public", "equals", 0, False),
        ("public", "equals", False, True),
        ("vcpus", "not_equals", 8, False),
        ("zone", "in", ["eu-1a", "eu-1b"], True),
        ("zone", "not_in", ["eu-1a"], False),
        ("public", "in", [0], False),
        ("vcpus", "greater_than", 8, False),
        ("vcpus", "at_least", 8, True),
        ("vcpus", "less_than", 8, False),
        ("vcpus", "at_most", 8, True),
        ("zone", "starts_with", "eu-", True),
        ("zone", "like", "us-*", False),
        ("tags.owner", "like", "team-?", True),
        ("ports", "contains", 22, True),
        ("ports", "contains", 22.0, True),
        ("ports", "contains", True, False),
        ("flags", "contains", True, True),
        ("flags", "contains", 1, False),
        ("flags", "contains", {"nested": [False]}, True),
        ("flags", "contains", {"nested": [0]}, False),
        ("flags", "equals", [True, {"nested": [False]}], True),
        ("flags", "equals", [1, {"nested": [False]}], False),
        ("flags", "not_equals", [True, {"nested": [0]}], True),
        ("flags", "in", [[1, {"nested": [0]}]], False),
        ("zone", "contains", "1a", True),
        ("tags", "contains", "owner", True),
        ("tags.tier", "exists", None, True),
        ("tags.cost", "exists", None, False),
        ("tags.cost", "missing", None, True),
        ("zone.name", "missing", None, True),
    ],
)
def test_operators(field: str, operator: str, value: Any, expected: bool) -> None:
    assert holds(Condition(field, operator, value), RESOURCE) is expected


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("memory", "equals", 1),
        ("tags.cost", "not_equals", "x"),
        ("zone", "greater_than", 5),
        ("public", "at_least", 0),
        ("vcpus", "starts_with", "8"),
        ("vcpus", "contains", 8),
        ("zone", "contains", 1),
        ("vcpus", "no_such_operator", 8),
    ],
)
def test_what_cannot_be_evaluated_is_an_error(field: str, operator: str, value: Any) -> None:
    with pytest.raises(EvaluationError):
        holds(Condition(field, operator, value), RESOURCE)


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("vcpus", "matches", "x"),
        ("", "equals", 1),
        ("a..b", "equals", 1),
        ("vcpus", "greater_than", "8"),
        ("vcpus", "at_most", True),
        ("zone", "like", 5),
        ("zone", "in", "eu-1a"),
    ],
)
def test_a_condition_that_could_never_be_evaluated_is_refused(field: str, operator: str, value: Any) -> None:
    with pytest.raises(InvalidCondition):
        checked(Condition(field, operator, value))
