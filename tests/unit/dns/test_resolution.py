"""How a name server answers: wildcards, aliases, delegations."""

from __future__ import annotations

import pytest

from services.dns.domain import resolution
from services.dns.domain.records import RecordType as T
from services.dns.domain.resolution import RecordSet, Status
from services.dns.domain.routing import Answer, Policy

ZONE = "example.com."


def entry(name: str, kind: T, *values: str) -> RecordSet:
    owner = ZONE if name == "@" else f"{name}.{ZONE}"
    return RecordSet(owner, kind, 60, Policy.SIMPLE, tuple(Answer(value) for value in values))


CONTENTS = resolution.contents(
    [
        entry("@", T.NS, "ns1.other.net."),
        entry("www", T.A, "192.0.2.1"),
        entry("alias", T.CNAME, "www.example.com."),
        entry("away", T.CNAME, "www.other.net."),
        entry("loop", T.CNAME, "pool.example.com."),
        entry("pool", T.CNAME, "loop.example.com."),
        entry("*", T.A, "192.0.2.9"),
        entry("*", T.TXT, '"wild"'),
        entry("deep.below", T.A, "192.0.2.5"),
        entry("sub", T.NS, "ns.sub.example.com."),
        entry("ns.sub", T.A, "192.0.2.53"),
    ]
)


@pytest.mark.parametrize(
    ("name", "kind", "status", "values"),
    [
        ("www", T.A, Status.NOERROR, ["192.0.2.1"]),
        ("www", T.AAAA, Status.NOERROR, []),
        ("alias", T.A, Status.NOERROR, ["www.example.com.", "192.0.2.1"]),
        ("alias", T.CNAME, Status.NOERROR, ["www.example.com."]),
        ("away", T.A, Status.NOERROR, ["www.other.net."]),
        ("loop", T.A, Status.SERVFAIL, []),
        ("any", T.A, Status.NOERROR, ["192.0.2.9"]),
        ("a.b.c", T.TXT, Status.NOERROR, ['"wild"']),
        ("any", T.MX, Status.NOERROR, []),
        ("below", T.A, Status.NOERROR, []),
        ("other.below", T.A, Status.NXDOMAIN, []),
        ("under.www", T.A, Status.NXDOMAIN, []),
    ],
)
def test_answers(name: str, kind: T, status: Status, values: list[str]) -> None:
    found, chain, referral = resolution.find(f"{name}.{ZONE}", kind, ZONE, CONTENTS)
    assert (found, [value for _, each in chain for value in each.values], referral) == (status, values, None)


def test_a_wildcards_answer_carries_the_asked_name() -> None:
    _, chain, _ = resolution.find("any.example.com.", T.A, ZONE, CONTENTS)
    assert [owner for owner, _ in chain] == ["any.example.com."]


@pytest.mark.parametrize("name", ["sub", "www.sub", "ns.sub"])
def test_what_is_delegated_is_referred(name: str) -> None:
    status, chain, referral = resolution.find(f"{name}.{ZONE}", T.A, ZONE, CONTENTS)
    assert (status, chain, referral) == (Status.NOERROR, [], CONTENTS["sub.example.com."][T.NS])


def test_without_wildcard_an_unknown_name_does_not_exist() -> None:
    contents = resolution.contents([entry("www", T.A, "192.0.2.1")])
    assert resolution.find("other.example.com.", T.A, ZONE, contents) == (Status.NXDOMAIN, [], None)
