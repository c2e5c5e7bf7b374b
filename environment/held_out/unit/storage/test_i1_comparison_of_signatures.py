"""How much of a presigned URL's signature is looked at says nothing of the right one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.storage.domain.presigned_urls import SignatureMismatch, grant, sign, verify
from tests.unit.watched import Watched

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECRET = "another-signing-key-of-thirty-two-bytes"


@settings(deadline=None, derandomize=True, phases=[Phase.generate], max_examples=40)
@given(st.text(st.sampled_from("abc/.-"), min_size=1, max_size=20), st.integers(0, 63), st.integers(0, 63))
def test_a_difference_anywhere_is_as_much_work_as_anywhere_else(key: str, one: int, other: int) -> None:
    asked = grant("PUT", "t-9", "films", f"k{key}", "", timedelta(minutes=1), NOW)
    genuine, looked = sign(asked, SECRET), []
    verify(asked, genuine, SECRET, NOW)
    for place in (one, other):
        changed = Watched(genuine[:place] + ("0" if genuine[place] != "0" else "1") + genuine[place + 1 :])
        with pytest.raises(SignatureMismatch):
            verify(asked, changed, SECRET, NOW)
        looked.append(changed.looked)
    assert looked[0] == looked[1]
