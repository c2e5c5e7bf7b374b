"""A name that holds its zone already gets it no second time, whichever of its letters are capitals."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.dns.domain import names, records
from services.dns.domain.records import RecordType

ZONE = "shop.example.org."
LABEL = st.text("abcxyz019", min_size=1, max_size=12)


@settings(derandomize=True, deadline=None)
@given(label=LABEL, capitals=st.lists(st.booleans(), min_size=40, max_size=40), dot=st.booleans())
def test_capitals_make_no_second_name(label: str, capitals: list[bool], dot: bool) -> None:
    complete = f"{label}.{ZONE}"
    text = complete if dot else complete.removesuffix(".")
    written = "".join(letter.upper() if capital else letter for letter, capital in zip(text, capitals, strict=False))

    assert names.owner(written, ZONE) == complete
    assert records.normalise(RecordType.CNAME, written, ZONE) == complete


@settings(derandomize=True, deadline=None)
@given(label=LABEL)
def test_what_only_looks_like_the_zone_is_relative(label: str) -> None:
    assert names.owner(f"{label}shop.Example.ORG", ZONE) == f"{label}shop.example.org.{ZONE}"
    assert names.owner("SHOP.example.org", ZONE) == ZONE


def test_letters_beyond_ascii_have_one_case_too() -> None:
    for written in ("www.BÜCHER.example", "WWW.bücher.Example", "www.xn--BCHER-kva.example"):
        assert names.owner(written, "xn--bcher-kva.example.") == "www.xn--bcher-kva.example."
