"""What can't be judged is not let through."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.compliance.domain.conditions import Condition
from services.compliance.domain.policies import Exemptions, Policy, decide

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
ALLOW_ALL = Policy("all", "all", 1, "allow", "deny", ("*",), ("*",))

UNANSWERABLE: list[tuple[Condition, dict[str, Any]]] = [
    (Condition("size", "at_least", 3), {}),
    (Condition("size", "at_least", 3), {"size": None}),
    (Condition("size", "less_than", 3), {"size": "3"}),
    (Condition("size", "at_most", 3), {"size": True}),
    (Condition("tags.owner", "equals", "me"), {"tags": {}}),
    (Condition("tags.owner", "not_in", ["me"]), {"tags": "owner"}),
    (Condition("name", "starts_with", "x"), {"name": 7}),
    (Condition("name", "like", "x*"), {"name": ["x"]}),
    (Condition("zones", "contains", "a"), {"zones": 5}),
]


@pytest.mark.parametrize(("condition", "resource"), UNANSWERABLE)
@pytest.mark.parametrize(("enforcement", "allowed"), [("deny", False), ("warn", True), ("dryrun", True)])
def test_a_deny_policy_that_can_not_be_evaluated_counts_as_enforced(
    condition: Condition, resource: dict[str, Any], enforcement: str, allowed: bool
) -> None:
    policy = Policy("p", "p", 4, "deny", enforcement, ("*",), ("*",), (condition,))
    decision = decide([ALLOW_ALL, policy], Exemptions(), "compute.instances.create", "instance", resource, NOON)
    assert (decision.allowed, decision.compliant, decision.enforcement) == (allowed, False, enforcement)
    [violation] = decision.violations
    assert (violation.policy_id, violation.version) == ("p", 4)
    assert violation.reason.startswith("evaluation error: ")


@pytest.mark.parametrize(("condition", "resource"), UNANSWERABLE)
def test_an_allow_policy_that_can_not_be_evaluated_allows_nothing(
    condition: Condition, resource: dict[str, Any]
) -> None:
    policy = Policy("p", "p", 1, "allow", "deny", ("*",), ("*",), (condition,))
    decision = decide([policy], Exemptions(), "compute.instances.create", "instance", resource, NOON)
    assert (decision.allowed, [violation.policy for violation in decision.violations]) == (False, ["default-deny"])


def test_a_policy_whose_condition_does_not_hold_says_nothing() -> None:
    policy = Policy("p", "p", 1, "deny", "deny", ("*",), ("*",), (Condition("size", "at_least", 3),))
    decision = decide([ALLOW_ALL, policy], Exemptions(), "compute.instances.create", "instance", {"size": 2}, NOON)
    assert (decision.allowed, decision.violations) == (True, ())
