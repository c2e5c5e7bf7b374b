"""Routing policies: which answers of a record set a resolver gets. Unhealthy answers are left out.

As Amazon Route 53 does it: when no answer is healthy, all are treated as if they were, because a guess is better than
no answer; a weight of 0 takes an answer out unless all weights are 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from services.dns.domain.errors import InvalidRouting
from services.dns.domain.records import RecordType, check_single_alias

MAX_WEIGHT = 255
MAX_REGIONS = 64
"""For which an answer has a latency: more than any cloud has."""
MAX_REGION_NAME = 63
MAX_LATENCY_MS = 2**31 - 1
"""As large as a TTL: weeks, to say "never from there", and a number that every event and reader can hold."""


class Policy(StrEnum):
    """How answers are chosen."""

    SIMPLE = "simple"
    WEIGHTED = "weighted"
    LATENCY = "latency"
    FAILOVER = "failover"


class Role(StrEnum):
    """What an answer of a failover set is for."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


@dataclass(frozen=True)
class Answer:
    """One value of a record set and what its routing needs. Latencies are milliseconds by the client's region."""

    value: str
    weight: int = 1
    role: Role = Role.PRIMARY
    latency_ms: Mapping[str, int] = field(default_factory=dict)
    healthy: bool = True


def check_answers(policy: Policy, kind: RecordType, answers: Sequence[Answer]) -> None:
    """Refuse answers that the policy can't work with. Raises InvalidRouting or CnameConflict."""
    if policy is Policy.SIMPLE:
        check_single_alias(kind, len(answers))
    if any(not 0 <= answer.weight <= MAX_WEIGHT for answer in answers):
        raise InvalidRouting(f"a weight is 0 to {MAX_WEIGHT}")
    for answer in answers:
        if len(answer.latency_ms) > MAX_REGIONS or any(
            not 1 <= len(name) <= MAX_REGION_NAME for name in answer.latency_ms
        ):
            raise InvalidRouting(
                f"latency_ms has up to {MAX_REGIONS} regions with names of 1 to {MAX_REGION_NAME} letters"
            )
    if policy is Policy.LATENCY and any(not answer.latency_ms for answer in answers):
        raise InvalidRouting("every answer of a latency set needs latency_ms by region")
    if policy is Policy.FAILOVER:
        roles = {answer.role for answer in answers}
        if roles != set(Role):
            raise InvalidRouting("a failover set needs a primary and a secondary answer")
        for role in Role:
            check_single_alias(kind, sum(answer.role is role for answer in answers))


def eligible(answers: Sequence[Answer]) -> list[Answer]:
    """The healthy answers; all of them when none is healthy."""
    return [answer for answer in answers if answer.healthy] or list(answers)


def total_weight(answers: Sequence[Answer]) -> int:
    """The range that a draw for a weighted set is taken from: 0 <= draw < total_weight."""
    candidates = eligible(answers)
    return sum(answer.weight for answer in candidates) or len(candidates)


def weighted(answers: Sequence[Answer], draw: int) -> Answer:
    """The answer that a draw falls on; each has a share of its weight over the sum of the eligible weights."""
    candidates = eligible(answers)
    weights = [answer.weight for answer in candidates]
    if not any(weights):
        weights = [1] * len(candidates)
    for answer, weight in zip(candidates, weights, strict=True):
        if draw < weight:
            return answer
        draw -= weight
    raise ValueError("the draw lies outside the total weight")


def nearest(answers: Sequence[Answer], region: str) -> Answer:
    """The eligible answer with the least latency from a region; the first one when none knows the region."""
    candidates = eligible(answers)
    known = [answer for answer in candidates if region in answer.latency_ms]
    return min(known, key=lambda answer: answer.latency_ms[region]) if known else candidates[0]


def failover(answers: Sequence[Answer]) -> list[Answer]:
    """The healthy primaries; else the healthy secondaries; else the primaries."""
    for role in Role:
        chosen = [answer for answer in answers if answer.role is role and answer.healthy]
        if chosen:
            return chosen
    return [answer for answer in answers if answer.role is Role.PRIMARY]


def select(policy: Policy, answers: Sequence[Answer], *, draw: int, region: str) -> list[Answer]:
    """What a resolver in a region gets. `draw` is any number >= 0; only weighted sets use it."""
    if policy is Policy.WEIGHTED:
        return [weighted(answers, draw % total_weight(answers))]
    if policy is Policy.LATENCY:
        return [nearest(answers, region)]
    if policy is Policy.FAILOVER:
        return failover(answers)
    return eligible(answers)
