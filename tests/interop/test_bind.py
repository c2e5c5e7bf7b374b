"""BIND accepts an exported zone, reads in it what the platform has, and serves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.zone
import pytest

from tests.support.api import Api
from tests.support.identities import Tenant
from tests.support.tools import daemon, free_ports, run, tool
from tests.support.zones import ZONES, add_record, make_zone, records_of, resolve, values

pytestmark = [pytest.mark.services("dns"), pytest.mark.timeout(400)]
"""Longer than a tool may take."""

SOURCE = "Debian's bind9 and bind9-utils"
NAME = "interop.example"
RECORDS: list[tuple[str, str, tuple[str, ...]]] = [
    ("@", "A", ("192.0.2.1", "192.0.2.2")),
    ("@", "AAAA", ("2001:0DB8:0:0:0:0:0:1",)),
    ("@", "MX", ("10 mail", "20 mail2.example.net.")),
    ("mail", "A", ("192.0.2.3",)),
    ("@", "TXT", ("v=spf1 include:_spf.example.net ~all",)),
    ("long", "TXT", ("k" * 600,)),
    ("quotes", "TXT", ('say "hi"; \\back\\slash',)),
    ("_sip._tcp", "SRV", ("10 60 5060 sip",)),
    ("sip", "A", ("192.0.2.9",)),
    ("@", "CAA", ('0 issue "letsencrypt.org"',)),
    ("*", "A", ("192.0.2.77",)),
    ("www", "CNAME", ("@",)),
    ("ns1.sub", "A", ("192.0.2.53",)),
    ("sub", "NS", ("ns1.sub", "ns.other.example.")),
    ("UPPER", "A", ("192.0.2.8",)),
]


def answer(value: str, **routing: Any) -> dict[str, Any]:
    """An answer of a routed record set."""
    return {"value": value, **routing}


FRANKFURT, OREGON = {"latency_ms": {"nimbus-eu-1": 9}}, {"latency_ms": {"nimbus-us-1": 120}}
ROUTED: list[tuple[str, str, str, list[dict[str, Any]]]] = [
    ("@", "A", "failover", [answer("192.0.2.10"), answer("192.0.2.11", role="secondary")]),
    ("cdn", "A", "weighted", [answer("192.0.2.20", weight=9), answer("192.0.2.21"), answer("192.0.2.22", weight=0)]),
    ("near", "AAAA", "latency", [answer("2001:db8::1", **FRANKFURT), answer("2001:db8::2", **OREGON)]),
    ("note", "TXT", "weighted", [answer('"say; hi" "and (more"'), answer('say "bye"')]),
    ("alias", "CNAME", "failover", [answer("cdn"), answer("near", role="secondary")]),
    ("light", "CNAME", "weighted", [answer("near"), answer("cdn", weight=2)]),
    ("first", "CNAME", "latency", [answer("near", **OREGON), answer("cdn", **FRANKFURT)]),
    ("*.wild", "A", "weighted", [answer("192.0.2.30"), answer("192.0.2.31")]),
]
SERVED = {
    ("@", "A", "192.0.2.10"),
    ("cdn", "A", "192.0.2.20"),
    ("cdn", "A", "192.0.2.21"),
    ("near", "AAAA", "2001:db8::1"),
    ("near", "AAAA", "2001:db8::2"),
    ("note", "TXT", '"say; hi" "and (more"'),
    ("note", "TXT", r'"say \"bye\""'),
    ("alias", "CNAME", "cdn"),
    ("light", "CNAME", "cdn"),
    ("first", "CNAME", "near"),
    ("*.wild", "A", "192.0.2.30"),
    ("*.wild", "A", "192.0.2.31"),
}
"""What a name server without routing has of them: all that may get traffic, and one target of an alias."""


def exported(api: Api, folder: Path, records: list[tuple[str, str, tuple[str, ...]]] = RECORDS) -> tuple[Any, Path]:
    """A zone with these records, and the file of it."""
    zone = make_zone(api, NAME)
    for name, kind, content in records:
        add_record(api, zone, name, kind, *content)
    return zone, file_of(api, zone, folder)


def file_of(api: Api, zone: Any, folder: Path) -> Path:
    """A zone's file."""
    got = api.get(f"{ZONES}/{zone['id']}/zonefile")
    assert got.status_code == 200
    path = folder / "zone"
    path.write_text(got.text)
    return path


def read_by_bind(path: Path, folder: Path, *, relativize: bool = False) -> set[tuple[str, str, str]]:
    """Name, type and value of what BIND reads in a file, but for the SOA."""
    target = folder / "compiled"
    done = run([tool("named-compilezone", SOURCE), "-i", "local", "-s", "full", "-o", target, NAME, path], folder)
    assert done.returncode == 0, done.stdout
    return {
        (name.to_text().lower(), dns.rdatatype.to_text(record.rdtype), record.to_text())
        for name, records in dns.zone.from_file(str(target), NAME, relativize=relativize).iterate_rdatasets()
        for record in records
        if records.rdtype != dns.rdatatype.SOA
    }


def test_named_checkzone_accepts_an_exported_zone(tenant: Tenant, tmp_path: Path) -> None:
    program = tool("named-checkzone", SOURCE)
    _, path = exported(tenant.api, tmp_path)
    checked = run([program, "-i", "local", NAME, path], tmp_path)
    assert checked.returncode == 0, checked.stdout


def test_named_compilezone_reads_the_records_that_the_platform_has(tenant: Tenant, tmp_path: Path) -> None:
    tool("named-compilezone", SOURCE)
    zone, path = exported(tenant.api, tmp_path)
    ours = {
        (item["name"].lower(), item["type"], value)
        for item in tenant.api.items(records_of(zone))
        for value in item["values"]
    }
    assert read_by_bind(path, tmp_path) == ours


def test_bind_accepts_routed_record_sets_and_serves_what_may_get_traffic(tenant: Tenant, tmp_path: Path) -> None:
    program = tool("named-checkzone", SOURCE)
    zone = make_zone(tenant.api, NAME)
    for name, kind, policy, answers in ROUTED:
        body = {"name": name, "type": kind, "ttl": 60, "policy": policy, "answers": answers}
        tenant.api.ok("POST", records_of(zone), 201, json=body)
    path = file_of(tenant.api, zone, tmp_path)

    checked = run([program, "-i", "local", NAME, path], tmp_path)

    assert checked.returncode == 0, checked.stdout
    assert {found for found in read_by_bind(path, tmp_path, relativize=True) if found[1] != "NS"} == SERVED


def test_an_exported_zone_can_be_imported_again_and_is_the_same(tenant: Tenant, tmp_path: Path) -> None:
    zone, path = exported(tenant.api, tmp_path)

    def content() -> set[tuple[str, str, tuple[str, ...]]]:
        items = tenant.api.items(records_of(zone))
        return {(item["name"], item["type"], tuple(sorted(item["values"]))) for item in items}

    before = content()
    tenant.api.ok("PUT", f"{ZONES}/{zone['id']}/zonefile", 200, json={"zonefile": path.read_text()})
    assert content() == before


START = "@ {}IN SOA ns1.example.net. h.example.net. 1 7200 3600 1209600 900\n@ IN NS ns1.example.net.\n"
WITHOUT_TTLS = [
    START.format("3600 ") + "a 300 IN A 192.0.2.1\nb IN A 192.0.2.2\nc TXT c\n",
    START.format("") + "a IN A 192.0.2.1\nb TXT b\n",
    "a 300 IN A 192.0.2.1\n" + START.format("") + "b IN A 192.0.2.2\n",
    "$TTL 50\n" + START.format("3600 ") + "a 300 IN A 192.0.2.1\nb IN A 192.0.2.2\n$TTL 1h\nc IN A 192.0.2.3\n",
    START.format("3600 ") + "a 300 IN A 192.0.2.1\n$TTL 50\nb IN A 192.0.2.2\nc 400 TXT c\nd A 192.0.2.4\n",
    START.format("3600 ") + "$GENERATE 1-2 a$ 77 A 192.0.2.$\nb IN A 192.0.2.3\n",
]


@pytest.mark.parametrize("text", WITHOUT_TTLS)
def test_what_is_left_out_of_a_file_is_what_bind_takes_it_for(tenant: Tenant, tmp_path: Path, text: str) -> None:
    """But where neither the SOA nor what is before it has a TTL: there BIND has the SOA's minimum hold like a $TTL,
    though a record behind it states another (RFC 1035 §5.1).
    """
    program = tool("named-compilezone", SOURCE)
    path, target = tmp_path / "zone", tmp_path / "compiled"
    path.write_text(text)
    done = run([program, "-i", "none", "-s", "full", "-o", target, NAME, path], tmp_path)
    assert done.returncode == 0, done.stdout
    zone = make_zone(tenant.api, NAME)
    after = tenant.api.ok("PUT", f"{ZONES}/{zone['id']}/zonefile", 200, json={"zonefile": text})

    ours = {(item["name"], item["type"]): item["ttl"] for item in tenant.api.items(records_of(zone))}

    ours[after["name"], "SOA"] = after["soa_ttl"]
    assert ours == {
        (name.to_text(), dns.rdatatype.to_text(records.rdtype)): records.ttl
        for name, records in dns.zone.from_file(str(target), NAME, relativize=False).iterate_rdatasets()
    }


@contextmanager
def name_server(folder: Path, zone: Path) -> Iterator[int]:
    """A real `named` that serves the zone on loopback; its port."""
    program = tool("named", SOURCE)
    [port] = free_ports(1)
    (folder / "named.conf").write_text(f"""
options {{
    directory "{folder}"; pid-file none; session-keyfile none; managed-keys-directory "{folder}";
    listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
    recursion no; dnssec-validation no; notify no; empty-zones-enable no;
}};
controls {{ }};
zone "{NAME}" {{ type primary; file "{zone}"; }};
""")
    with daemon([program, "-g", "-n", "1", "-c", folder / "named.conf"], folder, port):
        yield port


def test_a_real_named_answers_as_the_platform_does(tenant: Tenant, tmp_path: Path) -> None:
    _, path = exported(tenant.api, tmp_path)
    with name_server(tmp_path, path) as port:
        for name, kind in (("", "A"), ("", "AAAA"), ("", "MX"), ("long.", "TXT"), ("quotes.", "TXT"), ("", "CAA"),
                           ("_sip._tcp.", "SRV"), ("anything.", "A"), ("upper.", "A"), ("MAIL.", "A")):  # fmt: skip
            question = f"{name}{NAME}."
            theirs = dns.query.tcp(dns.message.make_query(question, kind), "127.0.0.1", port=port, timeout=5)
            assert theirs.flags & dns.flags.AA
            found = sorted(record.to_text() for answer in theirs.answer for record in answer)
            assert found == sorted(values(resolve(tenant.api, question, kind))), (question, kind)
        # What there is nothing of is answered with the negative TTL's SOA (RFC 2308)
        nothing = dns.query.tcp(dns.message.make_query(f"mail.{NAME}.", "TXT"), "127.0.0.1", port=port, timeout=5)
        assert (nothing.rcode(), nothing.answer) == (dns.rcode.NOERROR, [])
        assert nothing.authority[0].rdtype == dns.rdatatype.SOA
