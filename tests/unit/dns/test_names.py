"""One name, one spelling."""

from __future__ import annotations

import pytest

from services.dns.domain import names
from services.dns.domain.errors import InvalidName, NameOutsideZone

ZONE = "example.com."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@", "example.com."),
        ("www", "www.example.com."),
        ("WWW", "www.example.com."),
        ("www.example.com.", "www.example.com."),
        ("www.example.com", "www.example.com."),
        ("Www.Example.COM", "www.example.com."),
        ("example.com", "example.com."),
        ("a.b", "a.b.example.com."),
        ("bücher", "xn--bcher-kva.example.com."),
        ("_sip._tcp", "_sip._tcp.example.com."),
        ("notexample.com", "notexample.com.example.com."),
    ],
)
def test_a_name_gets_its_zone_exactly_once(text: str, expected: str) -> None:
    assert names.owner(text, ZONE) == expected


@pytest.mark.parametrize(
    "text",
    ["", "a..b", ".www", "x" * 64, ".".join(["abcdefgh"] * 32), "a b", " www", "www\t", "a\nb", "a\u00a0b", "a\x7fb"],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidName):
        names.owner(text, ZONE)


@pytest.mark.parametrize("text", ["www.example.org.", "com.", "badexample.com."])
def test_an_absolute_name_elsewhere_is_refused(text: str) -> None:
    with pytest.raises(NameOutsideZone):
        names.owner(text, ZONE)


@pytest.mark.parametrize(
    ("text", "allowed"), [("*", True), ("*.a", True), ("a.*", False), ("a*", False), ("*.*", False)]
)
def test_an_asterisk_is_the_whole_first_label(text: str, allowed: bool) -> None:
    if allowed:
        assert names.owner(text, ZONE).startswith("*.")
    else:
        with pytest.raises(InvalidName):
            names.owner(text, ZONE)


@pytest.mark.parametrize(("text", "expected"), [("Example.COM", ZONE), ("example.com.", ZONE)])
def test_zone_names_are_canonical(text: str, expected: str) -> None:
    assert names.zone_name(text) == expected


@pytest.mark.parametrize(
    "text", ["com", ".", "*.example.com", "a.*.example.com", "a*.example.com", "a b.com", "a b..c"]
)
def test_zones_have_two_labels_at_least_and_no_wildcard(text: str) -> None:
    with pytest.raises(InvalidName):
        names.zone_name(text)


@pytest.mark.parametrize(("name", "expected"), [(ZONE, "@"), ("www.example.com.", "www"), ("a.b.example.com.", "a.b")])
def test_names_are_written_relative_to_the_zone(name: str, expected: str) -> None:
    assert names.relative(name, ZONE) == expected


def test_ancestors_end_at_the_apex() -> None:
    assert names.ancestors("a.b.example.com.", ZONE) == ["b.example.com.", ZONE]
    assert names.ancestors(ZONE, ZONE) == []


def test_the_longest_zone_is_authoritative() -> None:
    zones = ["example.com.", "sub.example.com.", "ple.com."]
    assert names.enclosing_zone("a.sub.example.com.", zones) == "sub.example.com."
    assert names.enclosing_zone("a.example.com.", zones) == "example.com."
    assert names.enclosing_zone("example.org.", zones) is None
