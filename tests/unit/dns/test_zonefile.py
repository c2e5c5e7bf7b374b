"""Zone files out and in."""

from __future__ import annotations

import pytest

from services.dns.domain import zonefile
from services.dns.domain.errors import CnameConflict, InvalidZoneFile
from services.dns.domain.records import RecordType as T
from services.dns.domain.resolution import RecordSet
from services.dns.domain.routing import Answer, Policy
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
    found = {(each.name, each.type): (each.ttl, each.values) for each in zonefile.parse(FILE, ZONE, 300)}
    assert found == {(each.name, each.type): (each.ttl, each.values) for each in SETS}


def test_without_a_ttl_the_default_holds() -> None:
    [found] = zonefile.parse("WWW IN A 192.0.2.1\n", ZONE, 77)
    assert (found.name, found.ttl) == ("www.example.com.", 77)


@pytest.mark.parametrize("text", ["www IN CNAME a\nwww IN A 192.0.2.1\n", "@ IN CNAME a\n"])
def test_aliases_are_checked_in_files_too(text: str) -> None:
    with pytest.raises(CnameConflict):
        zonefile.parse(text, ZONE, 60)


@pytest.mark.parametrize(
    "text",
    [
        "www IN A 192.0.2\n",
        "$INCLUDE /etc/passwd\n",
        "$GENERATE 1-99999999 h$ A 192.0.2.1\n",
        "www IN HINFO a b\n",
        "(",
    ],
)
def test_what_is_no_zone_file_or_reaches_outside_is_refused(text: str) -> None:
    with pytest.raises(InvalidZoneFile):
        zonefile.parse(text, ZONE, 60)
