"""Deny over allow, default deny, fail closed, exemptions that expire."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.compliance.domain.conditions import Condition
from services.compliance.domain.policies import (
    MAX_CHARACTERS,
    ComplianceLimitReached,
    Decision,
    Exemption,
    Exemptions,
    Policy,
    check_characters,
    decide,
    strictest,
)

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
BIG = (Condition("vcpus", "greater_than", 8),)


def policy(effect: str, id: str = "p", enforcement: str = "deny", **fields: Any) -> Policy:
    content = {"actions": ("compute.*",), "resource_types": ("instance",), "version": 3, "name": id, **fields}
    return Policy(id=id, effect=effect, enforcement=enforcement, **content)


ALLOW_ALL = policy("allow", "baseline", actions=("*",), resource_types=("*",), version=1)


def decision(*policies: Policy, resource: dict[str, Any], exemptions: tuple[Exemption, ...] = ()) -> Decision:
    return decide(policies, Exemptions(exemptions), "compute.instances.create", "instance", resource, NOON)


def test_nothing_that_allows_is_a_deny() -> None:
    answer = decision(resource={"id": "i-1"})
    assert (answer.allowed, answer.enforcement, [v.policy for v in answer.violations]) == (
        False,
        "deny",
        ["default-deny"],
    )


def test_an_allow_is_enough_when_nothing_denies() -> None:
    answer = decision(ALLOW_ALL, policy("deny", conditions=BIG), resource={"id": "i-1", "vcpus": 8})
    assert (answer.allowed, answer.enforcement, answer.violations, answer.compliant) == (True, "none", (), True)
    assert answer.policy_versions == {"baseline": 1, "p": 3}


@pytest.mark.parametrize("priority", [-5, 0, 5])
def test_a_deny_wins_over_an_allow_of_any_priority(priority: int) -> None:
    strong = policy("allow", "a", priority=priority)
    answer = decision(strong, policy("deny", "d", conditions=BIG), resource={"id": "i-1", "vcpus": 9})
    assert (answer.allowed, [v.policy_id for v in answer.violations]) == (False, ["d"])


@pytest.mark.parametrize(("enforcement", "allowed"), [("deny", False), ("warn", True), ("dryrun", True)])
def test_only_enforcement_deny_refuses(enforcement: str, allowed: bool) -> None:
    answer = decision(ALLOW_ALL, policy("deny", "d", enforcement), resource={"id": "i-1"})
    assert (answer.allowed, answer.enforcement, answer.compliant) == (allowed, enforcement, False)


def test_a_deny_that_cannot_be_evaluated_denies() -> None:
    answer = decision(ALLOW_ALL, policy("deny", "d", conditions=BIG), resource={"id": "i-1"})
    assert (answer.allowed, answer.violations[0].reason) == (False, "evaluation error: there is no vcpus")


def test_an_allow_that_cannot_be_evaluated_does_not_allow() -> None:
    answer = decision(policy("allow", "a", conditions=BIG), resource={"id": "i-1", "vcpus": "many"})
    assert (answer.allowed, [v.policy for v in answer.violations]) == (False, ["default-deny"])


def test_all_conditions_of_a_policy_must_hold() -> None:
    both = (*BIG, Condition("zone", "equals", "eu-1a"))
    answer = decision(ALLOW_ALL, policy("deny", conditions=both), resource={"vcpus": 9, "zone": "eu-1b"})
    assert answer.allowed is True


@pytest.mark.parametrize(
    ("actions", "types"),
    [(("storage.*",), ("instance",)), (("compute.instances.delete",), ("instance",)), (("*",), ("volume",))],
)
def test_a_policy_about_something_else_says_nothing(actions: tuple[str, ...], types: tuple[str, ...]) -> None:
    other = policy("deny", actions=actions, resource_types=types)
    answer = decision(ALLOW_ALL, other, resource={})
    assert (answer.allowed, answer.policy_versions) == (True, {"baseline": 1})


@pytest.mark.parametrize(
    ("resource_id", "offset", "allowed"), [("i-1", 1, True), (None, 1, True), ("i-2", 1, False), ("i-1", 0, False)]
)
def test_an_exemption_holds_for_its_resource_until_it_expires(
    resource_id: str | None, offset: int, allowed: bool
) -> None:
    exemption = Exemption("d", resource_id, NOON + timedelta(seconds=offset))
    answer = decision(ALLOW_ALL, policy("deny", "d"), resource={"id": "i-1"}, exemptions=(exemption,))
    assert (answer.allowed, answer.violations[0].exempted) == (allowed, allowed)


def test_an_exemption_is_for_one_policy() -> None:
    exemption = Exemption("other", None, NOON + timedelta(days=1))
    answer = decision(ALLOW_ALL, policy("deny", "d"), resource={"id": "i-1"}, exemptions=(exemption,))
    assert answer.allowed is False


def test_of_several_exemptions_the_longest_counts_and_one_for_all_resources_beside_one_for_this() -> None:
    until = [Exemption("d", "i-1", NOON + timedelta(days=day)) for day in (2, -1)]
    denied, now = policy("deny", "d"), Exemption("d", "i-1", NOON)
    for exemptions in ((*until,), (*reversed(until),), (now, Exemption("d", None, NOON + timedelta(1)))):
        assert decision(ALLOW_ALL, denied, resource={"id": "i-1"}, exemptions=exemptions).allowed is True
    assert decision(ALLOW_ALL, denied, resource={"id": "i-2"}, exemptions=(*until,)).allowed is False


@pytest.mark.parametrize("id", [None, 7, ["i-1"], {"i-1": 1}])
def test_what_is_no_identifier_is_exempted_with_all_resources_alone(id: Any) -> None:
    one, every = (Exemption("d", name, NOON + timedelta(1)) for name in ("i-1", None))
    answers = [
        decision(ALLOW_ALL, policy("deny", "d"), resource={"id": id}, exemptions=(each,)) for each in (one, every)
    ]
    assert [answer.allowed for answer in answers] == [False, True]


def test_a_decision_looks_at_no_exemption_but_the_policys_for_the_resource() -> None:
    """200 policies and 1,000 exemptions: looked through one by one, they would take as many steps as both together."""

    class Counted(str):
        compared = 0

        def __eq__(self, other: object) -> bool:
            Counted.compared += 1
            return super().__eq__(other)

        __hash__ = str.__hash__

    exemptions = tuple(Exemption(Counted(f"p-{n % 200}"), f"i-{n}", NOON + timedelta(1)) for n in range(1_000))
    known, rules = Exemptions(exemptions), [policy("deny", f"p-{n}") for n in range(200)]
    Counted.compared = 0
    answer = decide(rules, known, "compute.instances.create", "instance", {"id": "i-7"}, NOON)
    assert [v.policy_id for v in answer.violations if v.exempted] == ["p-7"]
    assert Counted.compared <= 400


def test_violations_come_by_priority() -> None:
    names = [policy("deny", "low", priority=1), policy("deny", "high", priority=9), policy("deny", "b", priority=1)]
    assert [v.policy for v in decision(ALLOW_ALL, *names, resource={}).violations] == ["high", "b", "low"]


@pytest.mark.parametrize(
    ("found", "expected"),
    [([], "none"), (["dryrun"], "dryrun"), (["dryrun", "warn"], "warn"), (["warn", "deny"], "deny")],
)
def test_the_strictest_enforcement_is_told(found: list[str], expected: str) -> None:
    assert strictest(found) == expected


def test_what_counts_of_a_policy_is_what_is_matched() -> None:
    conditions = (
        Condition("name", "like", "web-*"),
        Condition("name", "starts_with", "web"),
        Condition("name", "exists"),
    )
    assert policy("deny", actions=("a.*", "b"), resource_types=("*",), conditions=conditions).characters == 4 + 1 + 5


def test_patterns_of_all_policies_have_a_limit_and_what_gets_no_longer_may_always_change() -> None:
    def long(id: str, characters: int) -> Policy:
        return policy("deny", id, actions=("a" * (characters - 1),), resource_types=("*",))

    half = MAX_CHARACTERS // 2
    present = [long("a", half), long("b", half)]
    check_characters(present[:1], long("b", half))
    for coming in (long("c", 2), long("a", half + 1)):
        with pytest.raises(ComplianceLimitReached) as refused:
            check_characters(present, coming)
        assert refused.value.extra["limit"] == MAX_CHARACTERS
    # There may be more from before there was a limit.
    above = [*present, long("c", half)]
    for length in (half, half - 1):
        check_characters(above, long("a", length))
