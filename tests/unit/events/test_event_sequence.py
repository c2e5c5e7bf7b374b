"""An older event must not overwrite newer state."""

import pytest

from shared.events import is_newer
from tests.unit.events.builders import event


@pytest.mark.parametrize(
    ("current", "sequence", "newer"),
    [(None, 0, True), (None, 5, True), (4, 5, True), (0, 5, True), (5, 5, False), (6, 5, False), (0, 0, False)],
)
def test_only_a_higher_sequence_is_newer(current: int | None, sequence: int, newer: bool) -> None:
    assert is_newer(current, event(sequence=sequence)) is newer
