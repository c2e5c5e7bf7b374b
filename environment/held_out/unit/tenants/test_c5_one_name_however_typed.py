"""Caseless compatibility matching (The Unicode Standard §3.13, D146)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.tenants.domain.slugs import fold, skeleton_of, slug_of

LETTERS = st.text(st.characters(codec="ascii", categories=["Lu", "Ll", "Nd"]), min_size=1, max_size=40)


@settings(deadline=None, derandomize=True, phases=[Phase.generate], max_examples=50)
@given(LETTERS)
def test_full_width_is_no_other_name(name: str) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in name)
    assert slug_of(wide) == slug_of(name) == slug_of(name.swapcase())
    assert skeleton_of(wide) == skeleton_of(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Weiß", "WEISS"),
        ("oﬃce", "OFFICE"),
        ("Ⅷ", "viii"),
        ("ŉ", "ʼn"),
        ("ǰazz", "J\u030cazz"),
        ("Ω", "ω"),
        ("10²", "102"),
        ("ΣΑΣ", "σας"),
        ("㎏", "kg"),
    ],
)
def test_what_folds_to_the_same_is_one_name(one: str, other: str) -> None:
    assert slug_of(one) == slug_of(other)
    assert fold(one) == fold(other)


@settings(deadline=None, derandomize=True, phases=[Phase.generate], max_examples=80)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_composing_and_decomposing_change_no_folded_text(text: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert fold(unicodedata.normalize(form, text)) == fold(text)
