"""Zone files out and in."""

from __future__ import annotations

import time

import pytest

from services.dns.domain import zonefile
from services.dns.domain.errors import CnameConflict, InvalidRecord, InvalidZoneFile, NameOutsideZone
from services.dns.domain.records import RecordType as T
from services.dns.domain.resolution import RecordSet
from services.dns.domain.routing import Answer, Policy, Role
from services.dns.domain.soa import Soa

ZONE = "example.com."
SOA = Soa("ns1.other.net.", "hostmaster.other.net.", 2026030100, 7200, 900, 1209600, 300, 3600)


def entry(name: str, kind: T, ttl: int, *values: str) -> RecordSet:
    return RecordSet(name, kind, ttl, Policy.SIMPLE, tuple(Answer(value) for value in values))


SETS = [
    entry("www.example.com.", T.A, 60, "192.0.2.1", "192.0.2.2"),
    entry("*.example.com.", T.TXT, 60, '"a; b"'),
    entry(ZONE, T.MX, 300, "10 mail.example.com."),
    entry(ZONE, T.NS, 86400, "ns1.other.net."),
]
FILE = """\
$ORIGIN example.com.
$TTL 3600
@\t3600\tIN\tSOA\tns1.other.net. hostmaster.other.net. 2026030100 7200 900 1209600 300
@\t86400\tIN\tNS\tns1.other.net.
@\t300\tIN\tMX\t10 mail.example.com.
*\t60\tIN\tTXT\t"a; b"
www\t60\tIN\tA\t192.0.2.1
www\t60\tIN\tA\t192.0.2.2
"""


def test_a_zone_is_written_apex_and_name_servers_first() -> None:
    assert zonefile.render(ZONE, SOA, SETS) == FILE


def test_what_is_written_is_read_back() -> None:
    read = zonefile.parse(FILE, ZONE, 300)
    found = {(each.name, each.type): (each.ttl, each.values) for each in read.sets}
    assert found == {(each.name, each.type): (each.ttl, each.values) for each in SETS}
    assert read.soa == SOA


def test_without_a_ttl_the_default_holds() -> None:
    [found] = zonefile.parse("WWW IN A 192.0.2.1\n", ZONE, 77).sets
    assert (found.name, found.ttl) == ("www.example.com.", 77)


START = "@ {}IN SOA ns1.other.net. hostmaster.other.net. 1 7200 900 1209600 900\n"


@pytest.mark.parametrize("data", ["IN A 192.0.2.1\n", "IN TXT text\n"])
@pytest.mark.parametrize(
    ("parts", "ttls"),
    [
        ((START.format("3600 "), "a 300 ", "b "), {"@": 3600, "a": 300, "b": 300}),
        ((START.format("3600 "), "a ", "b 300 "), {"@": 3600, "a": 3600, "b": 300}),
        ((START.format(""), "a ", "b 300 ", "c "), {"@": 900, "a": 900, "b": 300, "c": 300}),
        (("a ", START.format(""), "b "), {"@": 900, "a": 77, "b": 900}),
        (("a 300 ", START.format(""), "b "), {"@": 300, "a": 300, "b": 300}),
        (("$TTL 50\n", START.format("3600 "), "a 300 ", "b "), {"@": 3600, "a": 300, "b": 50}),
        ((START.format(""), "a 300 ", "$TTL 50\n", "b ", "c 9 ", "d "), {"@": 900, "a": 300, "b": 50, "c": 9, "d": 50}),
        (("a 300 ", "b ", "$GENERATE 1-1 c$ 50 A 192.0.2.$\n", "d "), {"a": 300, "b": 300, "c1": 50, "d": 50}),
    ],
)
def test_a_ttl_that_is_left_out_is_the_files_or_the_last_that_was_written(
    data: str, parts: tuple[str, ...], ttls: dict[str, int]
) -> None:
    """RFC 2308 §4 and RFC 1035 §5.1, for lines of either kind."""
    text = "".join(part if part.endswith("\n") else part + data for part in parts)
    read = zonefile.parse(text, ZONE, 77)
    found = {each.name.removesuffix(f".{ZONE}"): each.ttl for each in read.sets}
    assert found | ({"@": read.soa.ttl} if read.soa else {}) == ttls


ROUTED = [
    RecordSet(
        "fail.example.com.",
        T.CNAME,
        60,
        Policy.FAILOVER,
        (Answer("a.example.com."), Answer("b.example.com.", role=Role.SECONDARY)),
    ),
    RecordSet(
        "heavy.example.com.",
        T.CNAME,
        60,
        Policy.WEIGHTED,
        (Answer("a.example.com.", weight=10), Answer("b.example.com.", weight=90)),
    ),
    RecordSet(
        "near.example.com.",
        T.A,
        60,
        Policy.LATENCY,
        (Answer("192.0.2.1", latency_ms={"eu": 10, "us": 90}), Answer("192.0.2.2", latency_ms={"us": 10})),
    ),
    RecordSet("off.example.com.", T.A, 60, Policy.WEIGHTED, (Answer("192.0.2.1", weight=0), Answer("192.0.2.2"))),
]


@pytest.mark.parametrize(
    "name", ["example.com.example.com.", "www.example.com.example.com.", "*.example.com.", r"a\..example.com.", ZONE]
)
def test_routing_comes_back_to_the_name_that_had_it(name: str) -> None:
    """Also to one that ends as its zone does, or with a dot that is part of a label."""
    answers = (Answer("192.0.2.1", weight=10), Answer("192.0.2.2", weight=90))
    routed = RecordSet(name, T.A, 60, Policy.WEIGHTED, answers)
    [found] = zonefile.parse(zonefile.render(ZONE, SOA, [routed]), ZONE, 60).sets
    assert (found.name, found.policy, found.answers) == (name, Policy.WEIGHTED, answers)


def test_routing_is_kept_in_comments_and_comes_back() -> None:
    text = zonefile.render(ZONE, SOA, ROUTED)
    served = [line.split("\t")[0::4] for line in text.splitlines()[3:] if not line.startswith(";")]
    assert served == [
        ["fail", "a.example.com."],
        ["heavy", "b.example.com."],
        ["near", "192.0.2.1"],
        ["near", "192.0.2.2"],
        ["off", "192.0.2.2"],
    ]
    found = zonefile.parse(text, ZONE, 60).sets
    assert [(each.name, each.policy, each.answers) for each in found] == [
        (each.name, each.policy, each.answers) for each in ROUTED
    ]


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("near\t60\tIN\tA\t192.0.2.2\n", ""),
        ("near\t60\tIN\tA\t192.0.2.2\n", "near\t60\tIN\tA\t192.0.2.3\n"),
        ("off\t60\tIN\tA\t192.0.2.2\n", ""),
        ('{"policy":"latency"', '{"policy":"nearest"'),
        ('"latency_ms":{"us":10}', '"latency_ms":[]'),
    ],
)
def test_a_routing_comment_that_does_not_fit_is_refused(line: str, instead: str) -> None:
    text = zonefile.render(ZONE, SOA, ROUTED)
    assert line in text
    with pytest.raises(InvalidZoneFile):
        zonefile.parse(text.replace(line, instead), ZONE, 60)


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ('"weight":10', f'"weight":{"[" * 100_000}{"]" * 100_000}'),
        ('"weight":10', '"weight":1e999'),
        ('"weight":10', '"weight":Infinity'),
        ('"weight":10', '"weight":10.9'),
        ('"weight":10', '"weight":true'),
        ('"weight":10', '"weight":"10"'),
        ('"weight":10', '"weight":256'),
        ('"weight":10', '"weight":10,"weight":10'),
        ('"eu":10', '"eu":-1'),
        ('"eu":10', f'"eu":{2**31}'),
        ('"eu":10', f'"eu":{2**53 + 2}'),
        ('"eu":10', '"eu":10.0'),
        ('"eu":10', '"e\\u0000u":10'),
        ('"eu":10', '"\\ud800":10'),
        ('"value":"a.example.com."', '"value":7'),
    ],
)
def test_a_routing_comment_is_read_as_strictly_as_a_request(written: str, instead: str) -> None:
    text = zonefile.render(ZONE, SOA, ROUTED).replace("\n", "\n\n").replace(written, instead, 1)
    line = next(number for number, each in enumerate(text.splitlines(), 1) if instead in each)
    with pytest.raises(InvalidZoneFile, match=rf"^line:{line}: a routing comment can't be read"):
        zonefile.parse(text, ZONE, 60)


def test_a_latency_may_be_as_large_as_the_api_takes_it() -> None:
    text = zonefile.render(ZONE, SOA, ROUTED).replace('"eu":10', f'"eu":{2**31 - 1}')
    found = {each.name: each.answers[0].latency_ms for each in zonefile.parse(text, ZONE, 60).sets}
    assert found["near.example.com."] == {"eu": 2**31 - 1, "us": 90}


def test_other_comments_mean_nothing() -> None:
    [found] = zonefile.parse("; routing www A {}\nwww IN A 192.0.2.1 ;routing www A {}\n", ZONE, 60).sets
    assert found.policy is Policy.SIMPLE


@pytest.mark.parametrize(
    "text",
    [
        "www.other.net. IN A 192.0.2.1\n",
        "$ORIGIN other.net.\nwww IN A 192.0.2.1\n",
        "evil\\.example.com. IN A 192.0.2.1\n",
    ],
)
def test_records_of_other_zones_are_refused_not_dropped(text: str) -> None:
    with pytest.raises(NameOutsideZone):
        zonefile.parse(text, ZONE, 60)


def test_an_origin_below_the_zone_is_followed() -> None:
    text = "$ORIGIN lab.example.com.\nwww IN A 192.0.2.1\n@ IN TXT a\n"
    assert [each.name for each in zonefile.parse(text, ZONE, 60).sets] == ["www.lab.example.com.", "lab.example.com."]


def test_errors_name_the_line_as_the_tenant_counts_it() -> None:
    with pytest.raises(InvalidZoneFile, match=r"line:3:"):
        zonefile.parse("www IN A 192.0.2.1\n\nftp IN A 192.0.2\n", ZONE, 60)


def test_equal_records_are_one_and_the_shortest_ttl_is_the_sets() -> None:
    text = "www 90 IN A 192.0.2.1\nwww 60 IN A 192.0.2.2\nwww 80 IN A 192.0.2.1\n"
    [found] = zonefile.parse(text, ZONE, 300).sets
    assert (found.ttl, found.values) == (60, ["192.0.2.1", "192.0.2.2"])


def test_a_range_is_generated() -> None:
    found = zonefile.parse("$GENERATE 1-3 host$ A 192.0.2.$\n", ZONE, 60).sets
    assert [(each.name, each.values) for each in found] == [
        (f"host{number}.example.com.", [f"192.0.2.{number}"]) for number in (1, 2, 3)
    ]


def test_what_a_file_generates_is_bounded_over_all_its_lines() -> None:
    """A few letters may not be an hour's work: 5,000 records, as many as a /20 has addresses and some more."""
    lines = [f"$GENERATE 1-{count} {name}$ PTR h$\n" for name, count in (("a", 4_096), ("b", 904))]
    assert len(zonefile.parse("".join(lines), ZONE, 60).sets) == 5_000
    with pytest.raises(InvalidZoneFile, match="5000"):
        zonefile.parse("".join([*lines, "$GENERATE 1-1 c$ PTR h$\n"]), ZONE, 60)


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        (T.PTR, "host", "host.example.com."),
        (T.DS, f"12345 13 2 {'AB' * 32}", f"12345 13 2 {'ab' * 32}"),
        (T.NAPTR, '10 20 "S" "SIP+D2U" "" _sip._udp', '10 20 "S" "SIP+D2U" "" _sip._udp.example.com.'),
        (T.SSHFP, f"4 2 {'AB' * 32}", f"4 2 {'ab' * 32}"),
        (T.TLSA, f"3 1 1 {'AB' * 32}", f"3 1 1 {'ab' * 32}"),
        (T.HTTPS, "1 . alpn=h2", '1 . alpn="h2"'),
        (T.HINFO, '"a b" c', '"a b" "c"'),
    ],
)
def test_usual_types_are_kept(kind: T, value: str, stored: str) -> None:
    [found] = zonefile.parse(f"x IN {kind} {value}\n", ZONE, 60).sets
    assert (found.type, found.values) == (kind, [stored])
    again = zonefile.render(ZONE, SOA, [entry(found.name, kind, 60, *found.values)])
    assert zonefile.parse(again, ZONE, 60).sets == [found]


@pytest.mark.parametrize(
    "text",
    [
        "*.a IN NS ns1.other.net.\n",
        f"@ IN DS 12345 13 2 {'AB' * 32}\n",
        "@ IN MX 0 .\n@ IN MX 10 mail\n",
        '@ IN NAPTR 10 10 "u" "E2U+sip" "notaregex" .\n',
        "@ IN LOC 90 30 0 N 0 0 0 E 0m\n",
    ],
)
def test_what_name_servers_refuse_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecord):
        zonefile.parse(text, ZONE, 60)


def test_reading_is_linear_in_the_number_of_records() -> None:
    def seconds(records: int) -> float:
        text = "".join(f"host{number} IN A 192.0.{number % 256}.{number // 256}\n" for number in range(records))
        began = time.process_time()
        assert len(zonefile.parse(text, ZONE, 60).sets) == records
        return time.process_time() - began

    # Eight times as many: eight times as long, or 64 times if each were compared with all.
    assert min(seconds(8_000) for _ in range(3)) < 24 * min(seconds(1_000) for _ in range(5))


@pytest.mark.parametrize(
    "text", ["www IN CNAME a\nwww IN A 192.0.2.1\n", "@ IN CNAME a\n", "www IN CNAME a\nwww IN CNAME b\n"]
)
def test_aliases_are_checked_in_files_too(text: str) -> None:
    with pytest.raises(CnameConflict):
        zonefile.parse(text, ZONE, 60)


@pytest.mark.parametrize(
    "text",
    [
        "www IN A 192.0.2\n",
        "$INCLUDE /etc/passwd\n",
        "$GENERATE 1-99999999 h$ A 192.0.2.1\n",
        "www IN DNSKEY 256 3 13 AAAA\n",
        "@ IN SOA a b 1 2 3 4 5\n@ IN SOA a b 2 2 3 4 5\n",
        "www IN SOA a b 1 2 3 4 5\n",
        "(",
    ],
)
def test_what_is_no_zone_file_or_reaches_outside_is_refused(text: str) -> None:
    with pytest.raises(InvalidZoneFile):
        zonefile.parse(text, ZONE, 60)
