"""What a member approves, what becomes of a proposal, and who remains to be asked."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.deploy.domain.admissions import Proposal, Seen, Verdict, approves, verdict
from services.deploy.operations.admissions import GROUP, LastMember, members, remove_member
from services.deploy.ports import Ports
from shared.errors import NotFound
from shared.infra.membership import Members
from shared.infra.quorum import Vote, count_votes
from shared.utils.clock import FixedClock
from tests.unit.infra.fakes import MemoryEtcd

CLOCK = FixedClock(datetime(2025, 6, 1, tzinfo=UTC))
PROPOSAL = Proposal("dep-1", "t-1", "prod", 7)


@pytest.mark.parametrize(
    ("seen", "vote"),
    [
        (Seen(7, "dep-1"), True),
        (Seen(7, "dep-2"), False),
        (Seen(7, None), False),
        (Seen(8, "dep-1"), None),
        (Seen(None, "dep-1"), None),
    ],
)
def test_a_member_approves_what_the_present_leader_proposes_for_who_holds_the_environment(
    seen: Seen, vote: bool | None
) -> None:
    assert approves(PROPOSAL, seen) is vote


@pytest.mark.parametrize(
    ("approve", "refuse", "members", "becomes"),
    [
        (0, 0, 3, Verdict.OPEN), (1, 0, 3, Verdict.OPEN), (2, 0, 3, Verdict.ADMITTED), (1, 1, 3, Verdict.OPEN),
        (0, 2, 3, Verdict.REFUSED), (2, 1, 4, Verdict.OPEN), (2, 2, 4, Verdict.REFUSED), (3, 1, 4, Verdict.ADMITTED),
        (1, 0, 1, Verdict.ADMITTED),
    ],
)  # fmt: skip
def test_a_majority_of_all_members_decides(approve: int, refuse: int, members: int, becomes: Verdict) -> None:
    names = [f"m{number}" for number in range(members)]
    votes = [Vote(name, place < approve) for place, name in enumerate(names[: approve + refuse])]
    assert verdict(count_votes(votes, names)) is becomes


def group_of(etcd: MemoryEtcd, *names: str) -> Ports:
    for name in names:
        Members(etcd, GROUP).join(name)
    return cast(Ports, SimpleNamespace(etcd=etcd))


def test_the_last_member_stays() -> None:
    ports = group_of(MemoryEtcd(CLOCK), "api", "worker")

    remove_member(ports, "api")
    with pytest.raises(LastMember, match="worker is the only member"):
        remove_member(ports, "worker")
    with pytest.raises(NotFound):
        remove_member(ports, "api")

    assert members(ports) == ("worker",)


class Raced(MemoryEtcd):
    """Just before the first removal is made, somebody else removes another member."""

    other: str | None = None

    def commit(self, **request: Any) -> int | None:
        other, self.other = self.other, None
        if request.get("deletes") and other is not None:
            remove_member(cast(Ports, SimpleNamespace(etcd=self)), other)
        return super().commit(**request)


def test_of_two_members_that_are_removed_at_once_one_stays() -> None:
    etcd = Raced(CLOCK)
    ports = group_of(etcd, "api", "worker")

    etcd.other = "worker"
    with pytest.raises(LastMember):
        remove_member(ports, "api")

    assert members(ports) == ("api",)


def test_who_was_removed_by_somebody_else_meanwhile_is_not_there() -> None:
    etcd = Raced(CLOCK)
    ports = group_of(etcd, "api", "controller", "worker")

    etcd.other = "worker"
    with pytest.raises(NotFound):
        remove_member(ports, "worker")

    assert members(ports) == ("api", "controller")
