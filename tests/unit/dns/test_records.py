"""Record data by type, and which types a name can have."""

from __future__ import annotations

import pytest

from services.dns.domain import records
from services.dns.domain.errors import ApexNameServers, CnameConflict, InvalidRecord
from services.dns.domain.records import RecordType as T

ZONE = "example.com."
WWW = "www.example.com."


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (T.A, "192.0.2.1", "192.0.2.1"),
        (T.AAAA, "2001:DB8:0:0::1", "2001:db8::1"),
        (T.CNAME, "Web", "web.example.com."),
        (T.CNAME, "web.other.net.", "web.other.net."),
        (T.CNAME, "web.example.com", "web.example.com."),
        (T.MX, "10 Mail", "10 mail.example.com."),
        (T.MX, "0 .", "0 ."),
        (T.TXT, "v=spf1 -all", '"v=spf1 -all"'),
        (T.TXT, 'say "hi"', '"say \\"hi\\""'),
        (T.TXT, '"a" "b"', '"a" "b"'),
        (T.SRV, "1 2 443 svc", "1 2 443 svc.example.com."),
        (T.CAA, '0 issue "ca.example.net"', '0 issue "ca.example.net"'),
        (T.CAA, '0 issue "ca.example.net; a=b"', '0 issue "ca.example.net; a=b"'),
        (T.TXT, "a;b", '"a;b"'),
        (T.TXT, '"a\\";b" "c;d"', '"a\\";b" "c;d"'),
        (T.CNAME, "a\\;b", "a\\;b.example.com."),
        (T.NS, "ns1.other.net.", "ns1.other.net."),
        (T.CNAME, "( App )", "app.example.com."),
        (T.CNAME, "( App.Example.com )", "app.example.com."),
        (T.CNAME, "( @ )", "example.com."),
        (T.CNAME, r"\# 5 0341424300", "abc."),
        (T.NS, "( NS1.Example.COM. )", "ns1.example.com."),
        (T.MX, "( 10 Mail )", "10 mail.example.com."),
        (T.MX, "( 0 . )", "0 ."),
        (T.SRV, "1 2 443 ( Svc )", "1 2 443 svc.example.com."),
    ],
)
def test_values_have_one_spelling(kind: T, value: str, expected: str) -> None:
    assert records.normalise(kind, value, ZONE) == expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (T.A, "192.0.2"),
        (T.A, "192.0.2.256"),
        (T.A, "2001:db8::1"),
        (T.A, "192.0.2.1 192.0.2.2"),
        (T.AAAA, "192.0.2.1"),
        (T.CNAME, "a b"),
        (T.MX, "mail"),
        (T.MX, "70000 mail"),
        (T.SRV, "1 2 70000 svc"),
        (T.CAA, "issue ca.example.net"),
        (T.TXT, '"' + "x" * 256 + '"'),
        (T.TXT, "one\ntwo"),
        (T.A, "192.0.2.1 ; the first"),
        (T.MX, "10 mail ; the first"),
        (T.CAA, "0 issue ca.example.net;validationmethods=dns-01"),
        (T.TXT, '"a" ; the first'),
    ],
)
def test_values_that_the_type_does_not_allow_are_refused(kind: T, value: str) -> None:
    with pytest.raises(InvalidRecord):
        records.normalise(kind, value, ZONE)


EXPRESSIONS = [
    "!^.*$!sip:a@b!",
    "/(a|b)+/\\1/i",
    "!([[:digit:]]{1,3})(x)?!\\2!",
    "!a\\!b!\\!!",
    "!a)[](]!!",
    "!()a{!b!ii",
]


@pytest.mark.parametrize("expression", ["", *EXPRESSIONS])
def test_an_expression_of_a_naptr_is_taken_as_it_is(expression: str) -> None:
    written = expression.replace("\\", "\\\\")
    value = f'10 10 "u" "E2U+sip" "{written}" .'
    assert records.normalise(T.NAPTR, value, ZONE) == value


@pytest.mark.parametrize(
    "expression",
    [
        *("notaregex", "!a!b", "!a!b!x", "!!b!", "1a1b1", "iaibi", "!a!b!c!"),
        *(
            "!a!\\1!",
            "!(a)!\\2!",
            "!a!\\0!",
            "!(a!b!",
            "!a|!b!",
            "!*a!b!",
            "!a**!b!",
            "!a{1!b!",
            "![a!b!",
            "![[:x:]]!b!",
        ),
    ],
)
def test_an_expression_of_a_naptr_that_substitutes_nothing_is_refused(expression: str) -> None:
    """RFC 3402 §3.2; no name server loads a zone with one."""
    written = expression.replace("\\", "\\\\")
    with pytest.raises(InvalidRecord):
        records.normalise(T.NAPTR, f'10 10 "u" "E2U+sip" "{written}" .', ZONE)


@pytest.mark.parametrize(
    ("value", "more"),
    [
        ("90 0 0.000 S 180 0 0.000 W {}m", "42849672.95"),
        ("0 0 0.000 N 0 0 0.000 E {}m", "-100000.00"),
        ("52 22 23.000 N 4 53 32.000 E 0.00m {}m 1.00m 1.00m", "90000000.00"),
    ],
)
def test_a_place_may_be_as_far_as_its_type_has_numbers_for(value: str, more: str) -> None:
    assert records.normalise(T.LOC, value.format(more), ZONE) == value.format(more)


@pytest.mark.parametrize(
    "value",
    [
        "90 30 0 N 0 0 0 E 0m",
        "90 0 0.001 S 0 0 0 E 0m",
        "0 0 0 N 180 0 1 E 0m",
        "0 0 0 N 0 0 0 E 42849672.96m",
        "0 0 0 N 0 0 0 E -100000.01m",
        "0 0 0 N 0 0 0 E nanm",
        "0 0 0 N 0 0 0 E 0m 90000001m",
        "0 0 0 N 0 0 0 E 0m infm",
    ],
)
def test_a_place_beyond_them_is_refused(value: str) -> None:
    """RFC 1876 §2."""
    with pytest.raises(InvalidRecord):
        records.normalise(T.LOC, value, ZONE)


@pytest.mark.parametrize("values", [["0 .", "10 mail"], ["10 mail.example.net.", "5 ."]])
def test_a_null_mx_stands_alone(values: list[str]) -> None:
    """RFC 7505 §3: a domain that advertises a null MX must not advertise any other MX."""
    with pytest.raises(InvalidRecord):
        records.normalise_all(T.MX, values, ZONE)
    assert records.normalise_all(T.MX, ["0 ."], ZONE) == ["0 ."]


@pytest.mark.parametrize(
    ("length", "expected"), [(0, [0]), (1, [1]), (255, [255]), (256, [255, 1]), (600, [255, 255, 90])]
)
def test_text_is_cut_into_strings_of_255_octets(length: int, expected: list[int]) -> None:
    assert [len(part) for part in records.txt_strings("x" * length)] == expected


def test_octets_count_not_characters() -> None:
    assert [len(part) for part in records.txt_strings("ü" * 128)] == [255, 1]


def test_a_set_holds_each_value_once_in_any_spelling() -> None:
    assert records.normalise_all(T.A, ["192.0.2.2", "192.0.2.1"], ZONE) == ["192.0.2.2", "192.0.2.1"]
    with pytest.raises(InvalidRecord):
        records.normalise_all(T.AAAA, ["2001:db8::1", "2001:DB8:0::1"], ZONE)
    with pytest.raises(InvalidRecord):
        records.normalise_all(T.A, [], ZONE)


@pytest.mark.parametrize("ttl", [0, 300, 2**31 - 1])
def test_allowed_ttls(ttl: int) -> None:
    assert records.check_ttl(ttl) == ttl


@pytest.mark.parametrize("ttl", [-1, 2**31])
def test_refused_ttls(ttl: int) -> None:
    with pytest.raises(InvalidRecord):
        records.check_ttl(ttl)


@pytest.mark.parametrize(
    ("kind", "name", "others"),
    [
        (T.CNAME, ZONE, []),
        (T.CNAME, ZONE, [T.NS]),
        (T.CNAME, WWW, [T.A]),
        (T.CNAME, WWW, [T.TXT, T.MX]),
        (T.A, WWW, [T.CNAME]),
        (T.TXT, WWW, [T.CNAME]),
    ],
)
def test_an_alias_stands_alone_and_never_at_the_apex(kind: T, name: str, others: list[T]) -> None:
    with pytest.raises(CnameConflict):
        records.check_coexistence(kind, name, ZONE, others)


@pytest.mark.parametrize(
    ("kind", "name", "others"),
    [(T.CNAME, WWW, []), (T.CNAME, WWW, [T.CNAME]), (T.A, WWW, [T.AAAA, T.TXT]), (T.A, ZONE, [T.NS])],
)
def test_other_types_share_a_name(kind: T, name: str, others: list[T]) -> None:
    records.check_coexistence(kind, name, ZONE, others)


def test_only_the_name_servers_of_the_apex_cannot_be_removed() -> None:
    records.check_removable(T.NS, "sub.example.com.", ZONE)
    records.check_removable(T.A, ZONE, ZONE)
    with pytest.raises(ApexNameServers):
        records.check_removable(T.NS, ZONE, ZONE)


def test_a_record_set_fits_into_one_message() -> None:
    text = "\U0001f600" * 150  # 600 octets, each of them four characters in a zone file
    assert len(records.normalise_all(T.TXT, [f"{n}{text}" for n in range(100)], ZONE)) == 100
    with pytest.raises(InvalidRecord):
        records.normalise_all(T.TXT, [f"{n}{text * 2}" for n in range(100)], ZONE)
