"""The limits of children fit under their parent's to the unit."""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.tenants.domain.quotas import ChildrenExceedParent, check_children, check_nested

LIMITS = st.integers(min_value=0, max_value=1000)


@settings(deadline=None, derandomize=True, phases=[Phase.generate], max_examples=100)
@given(st.lists(LIMITS, max_size=4), LIMITS)
def test_what_is_left_fits_and_one_more_does_not(siblings: list[int], left: int) -> None:
    parent = sum(siblings) + left
    check_children("vcpus", parent, siblings, left)
    with pytest.raises(ChildrenExceedParent) as refused:
        check_children("vcpus", parent, siblings, left + 1)
    assert (refused.value.extra["available"], refused.value.extra["requested"]) == (left, left + 1)


@settings(deadline=None, derandomize=True, phases=[Phase.generate], max_examples=60)
@given(LIMITS, LIMITS, LIMITS)
def test_every_level_is_a_parent(top: int, middle: int, low: int) -> None:
    lines = {"a": [], "b": ["a"]}
    limits: dict[str | None, int] = {None: top, "a": middle}
    for project, limit, fits in (("a", middle, middle <= top), ("b", low, low <= middle)):
        if fits:
            check_nested("vcpus", limits, lines, project, limit)
        else:
            with pytest.raises(ChildrenExceedParent):
                check_nested("vcpus", limits, lines, project, limit)
