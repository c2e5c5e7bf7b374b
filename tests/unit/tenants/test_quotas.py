"""Quotas: reserve, commit, release, expire; children within their parent."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.tenants.domain.quotas import (
    ChildrenExceedParent,
    InvalidAmount,
    LimitBelowUsage,
    Quota,
    ReservationFinished,
    ReservationState,
    Transition,
    check_children,
    check_nested,
    commit,
    expire,
    is_held,
    release,
)
from shared.errors import QuotaExceeded

RESERVED, COMMITTED, RELEASED, EXPIRED = ReservationState

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


def test_a_reservation_counts_at_once() -> None:
    quota = Quota("vcpus", limit=10, used=4).reserve(5)
    assert quota == Quota("vcpus", limit=10, used=4, reserved=5)
    assert quota.available == 1


def test_the_last_unit_can_be_taken_and_not_one_more() -> None:
    assert Quota("vcpus", limit=10, used=4, reserved=5).reserve(1).available == 0
    with pytest.raises(QuotaExceeded) as refused:
        Quota("vcpus", limit=10, used=4, reserved=5).reserve(2)
    assert refused.value.extra == {"resource": "vcpus", "limit": 10, "available": 1, "requested": 2}
    assert (refused.value.status, refused.value.code) == (403, "quota_exceeded")


def test_a_limit_of_zero_allows_nothing() -> None:
    with pytest.raises(QuotaExceeded):
        Quota("buckets", limit=0).reserve(1)


@pytest.mark.parametrize("amount", [0, -1])
def test_an_amount_is_at_least_one(amount: int) -> None:
    with pytest.raises(InvalidAmount):
        Quota("vcpus", limit=10).reserve(amount)


def test_committing_moves_the_amount_from_reserved_to_used() -> None:
    step = commit(RESERVED)
    assert step.state is COMMITTED
    assert Quota("vcpus", 10, used=1, reserved=5).settle(step, 3) == Quota("vcpus", 10, used=4, reserved=2)


def test_releasing_before_the_commit_gives_the_reserved_amount_back() -> None:
    step = release(RESERVED)
    assert step.state is RELEASED
    assert Quota("vcpus", 10, used=1, reserved=5).settle(step, 3) == Quota("vcpus", 10, used=1, reserved=2)


def test_releasing_after_the_commit_gives_the_used_amount_back() -> None:
    quota = Quota("vcpus", 10, used=5, reserved=2)
    assert quota.settle(release(COMMITTED), 3) == Quota("vcpus", 10, used=2, reserved=2)


@pytest.mark.parametrize(("step", "state"), [(commit(COMMITTED), COMMITTED), (release(RELEASED), RELEASED)])
def test_doing_it_twice_changes_nothing(step: Transition, state: ReservationState) -> None:
    assert step.changes_nothing
    assert step.state is state
    assert Quota("vcpus", 10, used=5).settle(step, 3) == Quota("vcpus", 10, used=5)


def test_what_was_released_cannot_be_committed() -> None:
    with pytest.raises(ReservationFinished):
        commit(RELEASED)


def test_what_was_released_is_never_taken_for_held_again() -> None:
    assert is_held(RESERVED)
    assert is_held(COMMITTED)
    assert not is_held(EXPIRED)
    with pytest.raises(ReservationFinished):
        is_held(RELEASED)


@pytest.mark.parametrize(("seconds", "state"), [(-1, RESERVED), (0, EXPIRED), (1, EXPIRED)])
def test_a_reservation_expires_when_its_time_is_over_and_not_before(seconds: int, state: ReservationState) -> None:
    step = expire(RESERVED, NOON, NOON + timedelta(seconds=seconds))
    assert step.state is state
    left = 5 if state is RESERVED else 2
    assert Quota("vcpus", 10, used=1, reserved=5).settle(step, 3) == Quota("vcpus", 10, used=1, reserved=left)


@pytest.mark.parametrize("state", [COMMITTED, RELEASED, EXPIRED])
def test_only_what_is_reserved_expires(state: ReservationState) -> None:
    step = expire(state, NOON, NOON + timedelta(days=1))
    assert (step.state, step.changes_nothing) == (state, True)


def test_what_expired_and_yet_exists_counts_again_even_above_the_limit() -> None:
    step = commit(EXPIRED)
    assert step.state is COMMITTED
    over = Quota("vcpus", 4, used=4).settle(step, 3)
    assert over == Quota("vcpus", 4, used=7)
    assert over.available == -3
    with pytest.raises(QuotaExceeded) as refused:
        over.reserve(1)
    assert refused.value.extra == {"resource": "vcpus", "limit": 4, "available": -3, "requested": 1}


def test_releasing_what_expired_gives_nothing_back_a_second_time() -> None:
    step = release(EXPIRED)
    assert (step.state, step.changes_nothing) == (RELEASED, True)


STEPS = ("reserve", "commit", "release", "expire")


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c", "d"]), st.sampled_from(STEPS)), max_size=60))
def test_whatever_happens_in_whatever_order_what_counts_is_what_is_committed_and_reserved(
    steps: list[tuple[str, str]],
) -> None:
    amounts = {"a": 1, "b": 2, "c": 3, "d": 5}
    quota = Quota("vcpus", limit=7)
    states: dict[str, ReservationState] = {}
    for name, step in steps:
        quota = take(quota, states, name, amounts[name], step)
        assert quota.used == sum(amounts[held] for held, state in states.items() if state is COMMITTED)
        assert quota.reserved == sum(amounts[held] for held, state in states.items() if state is RESERVED)
        assert min(quota.used, quota.reserved) >= 0


def take(quota: Quota, states: dict[str, ReservationState], name: str, amount: int, step: str) -> Quota:
    """The quota after one step of one claim; a step that is refused changes nothing."""
    if step == "reserve":
        if states.get(name, EXPIRED) is not EXPIRED or amount > quota.available:
            return quota
        states[name] = RESERVED
        return quota.reserve(amount)
    if name not in states or (step == "commit" and states[name] is RELEASED):
        return quota
    later = NOON + timedelta(seconds=1)
    rules: dict[str, Callable[[ReservationState], Transition]] = {
        "commit": commit,
        "release": release,
        "expire": lambda state: expire(state, NOON, later),
    }
    transition = rules[step](states[name])
    states[name] = transition.state
    return quota.settle(transition, amount)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 5), st.booleans()), max_size=30))
def test_whatever_is_asked_for_the_limit_holds_and_all_comes_back(claims: list[tuple[int, bool]]) -> None:
    quota, held = Quota("vcpus", limit=12), []
    for amount, committed in claims:
        try:
            quota = quota.reserve(amount)
        except QuotaExceeded:
            continue
        quota = quota.settle(commit(RESERVED), amount) if committed else quota
        held.append((amount, COMMITTED if committed else RESERVED))
        assert 0 <= quota.used + quota.reserved <= quota.limit
    for amount, state in held:
        quota = quota.settle(release(state), amount)
    assert quota == Quota("vcpus", limit=12)


def test_a_limit_can_be_lowered_to_what_is_held_and_no_further() -> None:
    quota = Quota("vcpus", limit=10, used=3, reserved=2)
    assert quota.with_limit(5).available == 0
    with pytest.raises(LimitBelowUsage):
        quota.with_limit(4)
    with pytest.raises(InvalidAmount):
        Quota("vcpus", limit=10).with_limit(-1)


@pytest.mark.parametrize(("limit", "fits"), [(3, True), (4, False), (0, True)])
def test_children_add_up_to_at_most_their_parent(limit: int, fits: bool) -> None:
    if fits:
        check_children("vcpus", 10, [4, 3], limit)
    else:
        with pytest.raises(ChildrenExceedParent) as refused:
            check_children("vcpus", 10, [4, 3], limit)
        assert refused.value.extra == {"resource": "vcpus", "limit": 10, "available": 3, "requested": 4}


TREE = {"shop": [], "stage": ["shop"], "deep": ["stage", "shop"], "lab": []}


@pytest.mark.parametrize(("project", "limit", "fits"), [("lab", 4, True), ("lab", 5, False), ("stage", 6, True)])
def test_a_limit_is_measured_against_the_nearest_limit_above_it(project: str, limit: int, fits: bool) -> None:
    limits = {None: 10, "shop": 6}
    if fits:
        check_nested("vcpus", limits, TREE, project, limit)
    else:
        with pytest.raises(ChildrenExceedParent):
            check_nested("vcpus", limits, TREE, project, limit)


def test_a_limit_skips_projects_without_one_on_the_way_up_and_down() -> None:
    check_nested("vcpus", {None: 10, "shop": 6}, TREE, "deep", 6)
    with pytest.raises(ChildrenExceedParent):
        check_nested("vcpus", {None: 10, "shop": 6}, TREE, "deep", 7)
    with pytest.raises(ChildrenExceedParent, match="add up to 5"):
        check_nested("vcpus", {None: 10, "shop": 6, "deep": 5}, TREE, "stage", 4)


def test_a_tenants_limit_is_not_lowered_below_what_its_projects_were_given() -> None:
    check_nested("vcpus", {None: 20, "shop": 6, "lab": 3}, TREE, None, 9)
    with pytest.raises(ChildrenExceedParent):
        check_nested("vcpus", {None: 20, "shop": 6, "lab": 3}, TREE, None, 8)
