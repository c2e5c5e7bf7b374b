"""Which text is refused before anything else sees it."""

from __future__ import annotations

import pytest

from services.compute.domain.names import without_controls


@pytest.mark.parametrize("text", ["", "vm 1", "Zürich", "\U0010ffff", "\u00a0"])
def test_text_comes_back_as_it_was_sent(text: str) -> None:
    assert without_controls(text) == text


@pytest.mark.parametrize("text", ["a\x00", "\n", "\x1b[0m", "\x7f", "\ud800"])
def test_control_characters_and_lone_surrogates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="allowed"):
        without_controls(text)
