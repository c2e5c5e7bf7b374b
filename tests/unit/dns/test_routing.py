"""Routing policies respect health."""

from __future__ import annotations

from collections import Counter

import pytest

from services.dns.domain import routing
from services.dns.domain.errors import CnameConflict, InvalidRouting
from services.dns.domain.records import RecordType
from services.dns.domain.routing import Answer, Policy, Role

A, B, C = Answer("192.0.2.1", weight=5), Answer("192.0.2.2", weight=1), Answer("192.0.2.3", weight=0)


def down(answer: Answer) -> Answer:
    return Answer(answer.value, answer.weight, answer.role, answer.latency_ms, healthy=False)


def shares(answers: list[Answer]) -> dict[str, int]:
    total = routing.total_weight(answers)
    return dict(Counter(routing.weighted(answers, draw).value[-1] for draw in range(total)))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([A, B, C], {"1": 5, "2": 1}),
        ([down(A), B, C], {"2": 1}),
        ([down(A), down(B), C], {"3": 1}),
        ([down(A), down(B), down(C)], {"1": 5, "2": 1}),
        ([C, Answer("192.0.2.4", weight=0)], {"3": 1, "4": 1}),
    ],
)
def test_each_healthy_answer_has_its_weights_share(answers: list[Answer], expected: dict[str, int]) -> None:
    assert shares(answers) == expected


def test_a_draw_outside_of_the_total_weight_is_an_error() -> None:
    with pytest.raises(ValueError):
        routing.weighted([A, B], 6)


def test_simple_sets_leave_unhealthy_answers_out_unless_all_are() -> None:
    assert routing.select(Policy.SIMPLE, [A, down(B)], draw=0, region="") == [A]
    assert routing.select(Policy.SIMPLE, [down(A), down(B)], draw=0, region="") == [down(A), down(B)]


def test_latency_sets_answer_the_nearest_healthy_one() -> None:
    near = Answer("192.0.2.1", latency_ms={"eu": 10, "us": 90})
    far = Answer("192.0.2.2", latency_ms={"eu": 80, "us": 20})
    assert routing.nearest([near, far], "eu") == near
    assert routing.nearest([near, far], "us") == far
    assert routing.nearest([down(near), far], "eu") == far
    assert routing.nearest([near, far], "mars") == near


def test_failover_goes_to_the_secondary_and_back() -> None:
    first, second = Answer("192.0.2.1"), Answer("192.0.2.2", role=Role.SECONDARY)
    assert routing.failover([first, second]) == [first]
    assert routing.failover([down(first), second]) == [second]
    assert routing.failover([down(first), down(second)]) == [down(first)]


@pytest.mark.parametrize(
    ("policy", "answers"),
    [
        (Policy.FAILOVER, [A, B]),
        (Policy.LATENCY, [A, B]),
        (Policy.WEIGHTED, [Answer("192.0.2.1", weight=256)]),
        (Policy.WEIGHTED, [Answer("192.0.2.1", weight=-1)]),
    ],
)
def test_answers_that_the_policy_cannot_use_are_refused(policy: Policy, answers: list[Answer]) -> None:
    with pytest.raises(InvalidRouting):
        routing.check_answers(policy, RecordType.A, answers)


def test_a_plain_alias_has_one_target_and_a_weighted_one_may_have_several() -> None:
    with pytest.raises(CnameConflict):
        routing.check_answers(Policy.SIMPLE, RecordType.CNAME, [A, B])
    routing.check_answers(Policy.WEIGHTED, RecordType.CNAME, [A, B])


@pytest.mark.parametrize("regions", [{f"region-{n}": 1 for n in range(65)}, {"": 1}, {"x" * 64: 1}])
def test_latencies_have_so_many_regions_and_such_names(regions: dict[str, int]) -> None:
    with pytest.raises(InvalidRouting):
        routing.check_answers(Policy.LATENCY, RecordType.A, [Answer("192.0.2.1", latency_ms=regions)])
