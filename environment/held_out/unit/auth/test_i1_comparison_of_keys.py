"""How much of an API key's digest is looked at says nothing of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.auth.domain.api_keys import InvalidApiKey, StoredKey, digest, verify
from tests.unit.watched import Watched

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECRETS = st.text(st.sampled_from("abcXYZ019_-"), min_size=43, max_size=43)


@settings(deadline=None, derandomize=True, phases=[Phase.generate], max_examples=40)
@given(SECRETS, st.integers(0, 63), st.integers(0, 63))
def test_a_difference_anywhere_is_as_much_work_as_anywhere_else(secret: str, one: int, other: int) -> None:
    genuine, looked = digest(secret), []
    for place in (one, other):
        changed = Watched(genuine[:place] + ("0" if genuine[place] != "0" else "1") + genuine[place + 1 :])
        with pytest.raises(InvalidApiKey):
            verify(StoredKey(changed), secret, NOW)
        looked.append(changed.looked)
    assert looked[0] == looked[1]


@settings(deadline=None, derandomize=True, phases=[Phase.generate], max_examples=20)
@given(SECRETS)
def test_the_right_one_passes(secret: str) -> None:
    verify(StoredKey(digest(secret)), secret, NOW)
