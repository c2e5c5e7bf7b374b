"""What a member approves, and what becomes of a proposal."""

import pytest

from services.deploy.domain.admissions import Proposal, Seen, Verdict, approves, verdict
from shared.infra.quorum import Vote, count_votes

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
