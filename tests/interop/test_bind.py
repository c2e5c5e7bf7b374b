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

pytestmark = pytest.mark.services("dns")

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


def exported(api: Api, folder: Path, records: list[tuple[str, str, tuple[str, ...]]] = RECORDS) -> tuple[Any, Path]:
    """A zone with these records, and the file of it."""
    zone = make_zone(api, NAME)
    for name, kind, content in records:
        add_record(api, zone, name, kind, *content)
    answer = api.get(f"{ZONES}/{zone['id']}/zonefile")
    assert answer.status_code == 200
    path = folder / "zone"
    path.write_text(answer.text)
    return zone, path


def test_named_checkzone_accepts_an_exported_zone(tenant: Tenant, tmp_path: Path) -> None:
    program = tool("named-checkzone", SOURCE)
    _, path = exported(tenant.api, tmp_path)
    checked = run([program, "-i", "local", NAME, path], tmp_path)
    assert checked.returncode == 0, checked.stdout


def test_named_compilezone_reads_the_records_that_the_platform_has(tenant: Tenant, tmp_path: Path) -> None:
    program = tool("named-compilezone", SOURCE)
    zone, path = exported(tenant.api, tmp_path)
    compiled = tmp_path / "compiled"
    done = run([program, "-i", "local", "-s", "full", "-o", compiled, NAME, path], tmp_path)
    assert done.returncode == 0, done.stdout
    read = dns.zone.from_file(str(compiled), NAME, relativize=False)
    theirs = {
        (name.to_text().lower(), dns.rdatatype.to_text(record.rdtype), record.to_text())
        for name, records in read.iterate_rdatasets()
        for record in records
        if records.rdtype != dns.rdatatype.SOA
    }
    ours = {
        (item["name"].lower(), item["type"], value)
        for item in tenant.api.items(records_of(zone))
        for value in item["values"]
    }
    assert theirs == ours


def test_an_exported_zone_can_be_imported_again_and_is_the_same(tenant: Tenant, tmp_path: Path) -> None:
    zone, path = exported(tenant.api, tmp_path)

    def content() -> set[tuple[str, str, tuple[str, ...]]]:
        items = tenant.api.items(records_of(zone))
        return {(item["name"], item["type"], tuple(sorted(item["values"]))) for item in items}

    before = content()
    tenant.api.ok("PUT", f"{ZONES}/{zone['id']}/zonefile", 200, json={"zonefile": path.read_text()})
    assert content() == before


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
