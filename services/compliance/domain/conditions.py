"""Conditions on a resource: a field, an operator, a value.

A condition that can't be evaluated (a missing field, a number compared with text) raises; it is never just false,
because of a deny policy "false" would mean "fine".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.compliance.domain.globs import TooLong, like
from shared.errors import ValidationFailed
from shared.infra.reconcile import same

MISSING = object()
MAX_CONDITIONS = 50
"""Of a policy."""
MAX_TEXT, MAX_ITEMS = 4_096, 1_000
"""Characters of a text to compare with, and items of a list."""


class EvaluationError(Exception):
    """The condition can't be evaluated on this resource."""


class InvalidCondition(ValidationFailed):
    """The operator is unknown, or the value is none that it works with."""

    code = "invalid_condition"


@dataclass(frozen=True)
class Condition:
    """What is asked of a resource. `field` is a dotted path such as `tags.owner`."""

    field: str
    operator: str
    value: Any = None


def field_of(resource: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; MISSING when there is none."""
    found: Any = resource
    for name in path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return MISSING
        found = found[name]
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numeric(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def check(actual: Any, value: Any) -> bool:
        if not _is_number(actual):
            raise EvaluationError(f"{type(actual).__name__} is no number")
        return compare(actual, value)

    return check


def _textual(compare: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def check(actual: Any, value: Any) -> bool:
        if not isinstance(actual, str):
            raise EvaluationError(f"{type(actual).__name__} is no text")
        return compare(actual, value)

    return check


def _contains(actual: Any, value: Any) -> bool:
    if not isinstance(actual, list | str | Mapping) or (isinstance(actual, str) and not isinstance(value, str)):
        raise EvaluationError(f"{type(actual).__name__} contains nothing of this kind")
    return any(same(item, value) for item in actual) if isinstance(actual, list) else value in actual


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "equals": same,
    "not_equals": lambda actual, value: not same(actual, value),
    "in": lambda actual, value: any(same(actual, item) for item in value),
    "not_in": lambda actual, value: not any(same(actual, item) for item in value),
    "greater_than": _numeric(lambda actual, value: actual > value),
    "at_least": _numeric(lambda actual, value: actual >= value),
    "less_than": _numeric(lambda actual, value: actual < value),
    "at_most": _numeric(lambda actual, value: actual <= value),
    "starts_with": _textual(lambda actual, value: actual.startswith(value)),
    "like": _textual(like),
    "contains": _contains,
}
PRESENCE = {"exists": True, "missing": False}
NUMERIC = frozenset({"greater_than", "at_least", "less_than", "at_most"})
TEXTUAL = frozenset({"starts_with", "like"})
LISTS = frozenset({"in", "not_in"})


def holds(condition: Condition, resource: Mapping[str, Any]) -> bool:
    """Whether the condition holds. Raises EvaluationError."""
    actual = field_of(resource, condition.field)
    if condition.operator in PRESENCE:
        return (actual is not MISSING) == PRESENCE[condition.operator]
    if actual is MISSING:
        raise EvaluationError(f"there is no {condition.field}")
    operator = OPERATORS.get(condition.operator)
    if operator is None:
        raise EvaluationError(f"there is no operator {condition.operator}")
    try:
        return operator(actual, condition.value)
    except (TypeError, TooLong) as error:
        raise EvaluationError(f"{condition.field} can't be compared: {error}") from error


def checked(condition: Condition) -> Condition:
    """The condition. Raises InvalidCondition when it could never be evaluated."""
    operator, value = condition.operator, condition.value
    if operator not in OPERATORS and operator not in PRESENCE:
        raise InvalidCondition(f"the operators are {', '.join([*OPERATORS, *PRESENCE])}")
    if not condition.field or not all(condition.field.split(".")):
        raise InvalidCondition("field is a dotted path")
    if operator in NUMERIC and not _is_number(value):
        raise InvalidCondition(f"{operator} compares with a number")
    if operator in TEXTUAL and not isinstance(value, str):
        raise InvalidCondition(f"{operator} compares with text")
    if operator in LISTS and not isinstance(value, list):
        raise InvalidCondition(f"{operator} compares with a list")
    if isinstance(value, str | list) and len(value) > (MAX_TEXT if isinstance(value, str) else MAX_ITEMS):
        raise InvalidCondition(f"a text has at most {MAX_TEXT} characters, a list {MAX_ITEMS} items")
    return condition
