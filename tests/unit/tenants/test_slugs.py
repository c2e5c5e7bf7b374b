"""Slugs: one name however it is typed (The Unicode Standard §3.13)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.tenants.domain.slugs import MAX_LENGTH, InvalidName, fold, skeleton_of, slug_of

EVERY_CHARACTER = st.characters(exclude_categories=["Cs"])
"""What UTF-8 can encode. Said by category: going through the codec takes seconds in every fresh copy of the tree."""


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme Corp.", "acme-corp"),
        ("  --Acme -- Corp--", "acme-corp"),
        ("Größe & Söhne", "grösse-söhne"),
        ("東京クラウド", "東京クラウド"),
        ("हिन्दी", "हिन्दी"),
        ("C3PO №7", "c3po-no7"),
    ],
)
def test_a_slug_is_the_folded_name_with_hyphens(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@pytest.mark.parametrize("twin", ["ACME", "acme", "Ａｃｍｅ", "ac\u200dme", "ᴬcme"])
def test_case_width_and_invisible_characters_make_no_second_name(twin: str) -> None:
    assert slug_of(twin) == slug_of("Acme")


def test_composed_and_decomposed_letters_are_one_name() -> None:
    assert slug_of("Cafe\u0301") == slug_of("CAF\u00c9") == "café"


def test_case_folding_is_more_than_lower_case() -> None:
    assert slug_of("STRASSE") == slug_of("Straße") == "strasse"
    assert slug_of("ΟΔΥΣΣΕΥΣ") == slug_of("οδυσσευς")


@pytest.mark.parametrize("name", ["", "   ", "!!!", "\u200b\u200d", "a\nb", "x" * 201, "\u0301"])
def test_a_name_without_a_letter_or_digit_is_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        slug_of(name)


def test_a_slug_is_at_most_63_characters_and_never_ends_in_a_hyphen() -> None:
    assert slug_of("a" * 100) == "a" * MAX_LENGTH
    assert slug_of("a" * 62 + " b") == "a" * 62


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.text(EVERY_CHARACTER, max_size=60))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Nd"]), min_size=1, max_size=30))
def test_a_slug_is_its_own_slug(name: str) -> None:
    slug = slug_of(name)
    assert slug_of(slug) == slug


@pytest.mark.parametrize("twin", ["Cafe\u200d\u0301", "C\u00ada\u2060f\u00e9", "Caf\u00e9\ufe0f", "C\u034faf\u00e9"])
def test_what_nobody_sees_makes_no_second_name_nor_keeps_a_letter_from_its_accent(twin: str) -> None:
    assert slug_of(twin) == slug_of("Caf\u00e9") == "caf\u00e9"


@pytest.mark.parametrize("name", ["\u3164", "\uffa0\u115f", "\u2800", "\u200b\u3164\u00ad", "\ufe0f", "\U000e0041"])
def test_a_name_that_nobody_sees_is_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        slug_of(name)


@pytest.mark.parametrize("name", ["abc\u202egpj", "\u2066abc\u2069"])
def test_a_name_that_turns_its_own_letters_is_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        slug_of(name)


@pytest.mark.parametrize(
    ("name", "twin"),
    [
        ("paypal", "p\u0430yp\u0430l"),  # Cyrillic a
        ("paypal", "\u0440\u0430\u0443\u0440\u0430l"),
        ("ACME", "\u0410\u0421\u041c\u0415"),  # Cyrillic capitals
        ("Nota", "\u039dot\u03b1"),  # Greek
        ("Cop", "\u13df\u03bf\u0440"),  # Cherokee, Greek, Cyrillic
        ("Acme", "\U0001d6a8cme"),  # Mathematical bold Greek
        ("one", "\U0001d6d0ne"),
    ],
)
def test_names_that_look_alike_have_one_skeleton_and_different_slugs(name: str, twin: str) -> None:
    assert skeleton_of(twin) == skeleton_of(name)
    assert slug_of(twin) != slug_of(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Fund I", "Fund 1"),
        ("Corner", "Comer"),
        ("\u041c\u043e\u0441\u043a\u0432\u0430", "Moscow"),
        ("\u6771\u4eac", "\u4eac\u6771"),
    ],
)
def test_names_that_people_tell_apart_have_skeletons_of_their_own(one: str, other: str) -> None:
    assert skeleton_of(one) != skeleton_of(other)


def test_a_name_whose_letters_come_late_has_a_skeleton() -> None:
    assert skeleton_of("\u2026" * 100 + "acme") == "acme"  # Each of the characters is three dots, taken apart.


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.text(EVERY_CHARACTER, max_size=60))
def test_every_name_that_has_a_slug_has_a_skeleton(name: str) -> None:
    try:
        slug_of(name)
    except InvalidName:
        return
    assert skeleton_of(name)
