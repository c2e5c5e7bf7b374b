"""Quotas: how much of each resource a tenant, and within it a project, may hold.

A claim is reserved before the resource is made, committed when it exists, and released when it is gone or was never
made: enforce, create, verify, roll back. What is reserved counts like what is used, so two claims in flight can't both
take the last unit. Quantities are integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.errors import Conflict, QuotaExceeded, ValidationFailed


class InvalidAmount(ValidationFailed):
    """An amount that is not a positive whole number, or a limit below zero."""

    code = "invalid_amount"


class LimitBelowUsage(Conflict):
    """A limit can't be set below what is already held."""

    code = "limit_below_usage"


class ChildrenExceedParent(QuotaExceeded):
    """The limits of the children would add up to more than the parent has."""

    code = "children_exceed_parent"


class ReservationFinished(Conflict):
    """The reservation was released; it can't be committed any more."""

    code = "reservation_released"


@dataclass(frozen=True)
class Quota:
    """The limit of one resource and what is held of it."""

    resource: str
    limit: int
    used: int = 0
    reserved: int = 0

    @property
    def available(self) -> int:
        """How much can still be reserved; negative while more exists than the limit allows (see `commit`)."""
        return self.limit - self.used - self.reserved

    def reserve(self, amount: int) -> Quota:
        """The quota with the amount reserved. Raises QuotaExceeded, with the figures, or InvalidAmount."""
        check_amount(amount)
        if amount > self.available:
            raise QuotaExceeded(
                f"{self.resource}: {amount} asked for, {self.available} of {self.limit} left",
                resource=self.resource,
                limit=self.limit,
                available=self.available,
                requested=amount,
            )
        return replace(self, reserved=self.reserved + amount)

    def settle(self, transition: Transition, amount: int) -> Quota:
        """The quota after a reservation of this amount went through a transition."""
        return replace(
            self, used=self.used + transition.used * amount, reserved=self.reserved + transition.reserved * amount
        )

    def with_limit(self, limit: int) -> Quota:
        """The quota with another limit. Raises LimitBelowUsage or InvalidAmount."""
        check_limit(limit)
        held = self.used + self.reserved
        if limit < held:
            raise LimitBelowUsage(f"{self.resource}: {held} are held, the limit can't be {limit}", held=held)
        return replace(self, limit=limit)


class ReservationState(StrEnum):
    """Where a claim is: reserved, then committed, released or expired; at last released with its resource."""

    RESERVED = "reserved"
    COMMITTED = "committed"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Transition:
    """The next state of a reservation, and what it does to `used` and `reserved`, in units of its amount."""

    state: ReservationState
    used: int
    reserved: int

    @property
    def changes_nothing(self) -> bool:
        """Whether the figures stay as they are."""
        return self.used == self.reserved == 0


_COMMIT: Mapping[ReservationState, Transition] = {
    ReservationState.RESERVED: Transition(ReservationState.COMMITTED, used=1, reserved=-1),
    ReservationState.COMMITTED: Transition(ReservationState.COMMITTED, used=0, reserved=0),
    ReservationState.EXPIRED: Transition(ReservationState.COMMITTED, used=1, reserved=0),
}
_RELEASE: Mapping[ReservationState, Transition] = {
    ReservationState.RESERVED: Transition(ReservationState.RELEASED, used=0, reserved=-1),
    ReservationState.COMMITTED: Transition(ReservationState.RELEASED, used=-1, reserved=0),
    ReservationState.RELEASED: Transition(ReservationState.RELEASED, used=0, reserved=0),
    ReservationState.EXPIRED: Transition(ReservationState.RELEASED, used=0, reserved=0),
}


def is_held(state: ReservationState) -> bool:
    """Whether a claim of this state counts already; an expired one can be made anew. Raises ReservationFinished."""
    if state is ReservationState.RELEASED:
        raise ReservationFinished("the reservation was released: make the claim under a name of its own")
    return state is not ReservationState.EXPIRED


def commit(state: ReservationState) -> Transition:
    """What committing does; committing twice does nothing. Raises ReservationFinished after a release.

    An expired reservation counts again, even above the limit: its resource exists, and what exists counts. Until
    something is given back, the tenant gets no more.
    """
    if state not in _COMMIT:
        raise ReservationFinished("the reservation was released")
    return _COMMIT[state]


def release(state: ReservationState) -> Transition:
    """What releasing does; releasing twice does nothing. An expired reservation has given its amount back already."""
    return _RELEASE[state]


def expire(state: ReservationState, expires_at: datetime, now: datetime) -> Transition:
    """What the passing of time does: a reservation that nobody settled in time no longer counts."""
    if state is ReservationState.RESERVED and expires_at <= now:
        return Transition(ReservationState.EXPIRED, used=0, reserved=-1)
    return Transition(state, used=0, reserved=0)


def check_children(resource: str, parent_limit: int, other_children: Iterable[int], limit: int) -> None:
    """Raise ChildrenExceedParent when a child's limit doesn't fit beside its siblings' under the parent's."""
    check_limit(limit)
    available = parent_limit - sum(other_children)
    if limit > available:
        raise ChildrenExceedParent(
            f"{resource}: {limit} asked for, {available} of the parent's {parent_limit} left",
            resource=resource,
            limit=parent_limit,
            available=available,
            requested=limit,
        )


def check_nested(
    resource: str, limits: Mapping[str | None, int], lines: Mapping[str, Iterable[str]], project: str | None, limit: int
) -> None:
    """Whether a limit fits into a tree of limits: under the one above it, and over those below it.

    `limits` are those there are, the tenant's own under None; `lines` are the ancestors of each project, nearest first.
    A project without a limit of its own is governed by the nearest ancestor that has one. Raises ChildrenExceedParent.
    """
    others = {member: other for member, other in limits.items() if member not in (project, None)}
    with_limit = {*limits, project}

    def governor(member: str) -> str | None:
        return next((above for above in lines[member] if above in with_limit), None)

    if project is not None:
        above = governor(project)
        siblings = [other for member, other in others.items() if governor(member) == above]
        check_children(resource, limits[above], siblings, limit)
    below = sum(other for member, other in others.items() if governor(member) == project)
    if below > limit:
        raise ChildrenExceedParent(
            f"{resource}: the limits below add up to {below}, the limit can't be {limit}",
            resource=resource,
            below=below,
        )


def check_amount(amount: int) -> None:
    """Raise InvalidAmount unless it is at least one."""
    if amount < 1:
        raise InvalidAmount("an amount is at least 1", amount=amount)


def check_limit(limit: int) -> None:
    """Raise InvalidAmount for a negative limit."""
    if limit < 0:
        raise InvalidAmount("a limit is 0 or more", limit=limit)
