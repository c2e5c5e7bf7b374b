"""How a name server answers: wildcards, aliases, delegations."""

from __future__ import annotations

import pytest

from services.dns.domain import resolution, routing
from services.dns.domain.records import RecordType as T
from services.dns.domain.resolution import RecordSet, Resolution, Status
from services.dns.domain.routing import Answer, Policy, Role

ZONE = "example.com."


def entry(name: str, kind: T, *values: str) -> RecordSet:
    owner = ZONE if name == "@" else f"{name}.{ZONE}"
    return RecordSet(owner, kind, 60, Policy.SIMPLE, tuple(Answer(value) for value in values))


DS = "12345 13 2 " + "ab" * 32


def all_answers(record_set: RecordSet) -> list[Answer]:
    return list(record_set.answers)


def failed_over(record_set: RecordSet) -> list[Answer]:
    return routing.select(record_set.policy, record_set.answers, draw=0, region="")


def ask(name: str, kind: T) -> Resolution:
    return resolution.find(f"{name}.{ZONE}", kind, ZONE, CONTENTS, all_answers)


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
        entry("sub", T.DS, DS),
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
    found = ask(name, kind)
    assert (found.status, [answer.value for step in found.chain for answer in step.answers]) == (status, values)
    assert found.referral is None


@pytest.mark.parametrize(
    ("name", "kind", "negative"),
    [
        ("www", T.A, False),
        ("www", T.AAAA, True),
        ("alias", T.MX, True),
        ("away", T.A, False),
        ("loop", T.A, False),
        ("other.below", T.A, True),
        ("www.sub", T.A, False),
    ],
)
def test_only_what_the_zone_itself_denies_is_negative(name: str, kind: T, negative: bool) -> None:
    assert ask(name, kind).negative is negative


def test_a_wildcards_answer_carries_the_asked_name() -> None:
    assert [step.owner for step in ask("any", T.A).chain] == ["any.example.com."]


@pytest.mark.parametrize(("name", "kind"), [("sub", T.A), ("www.sub", T.A), ("ns.sub", T.A), ("sub", T.NS)])
def test_what_is_delegated_is_referred(name: str, kind: T) -> None:
    found = ask(name, kind)
    assert (found.status, found.chain, found.referral) == (Status.NOERROR, [], CONTENTS.at("sub.example.com.")[T.NS])


def test_the_signers_of_a_delegated_zone_are_the_parents_to_tell() -> None:
    found = ask("sub", T.DS)
    assert [answer.value for step in found.chain for answer in step.answers] == [DS]


@pytest.mark.parametrize(("healthy", "expected"), [(True, ["a", "192.0.2.1"]), (False, ["b", "192.0.2.2"])])
def test_an_alias_is_followed_to_the_answer_that_was_chosen(healthy: bool, expected: list[str]) -> None:
    answers = (
        Answer("a.example.com.", role=Role.PRIMARY, healthy=healthy),
        Answer("b.example.com.", role=Role.SECONDARY),
    )
    contents = resolution.contents(
        [
            RecordSet("www.example.com.", T.CNAME, 60, Policy.FAILOVER, answers),
            entry("a", T.A, "192.0.2.1"),
            entry("b", T.A, "192.0.2.2"),
        ]
    )
    found = resolution.find("www.example.com.", T.A, ZONE, contents, failed_over)
    assert [answer.value for step in found.chain for answer in step.answers] == [f"{expected[0]}.{ZONE}", expected[1]]


def test_routing_is_asked_once_for_each_record_set() -> None:
    asked: list[str] = []

    def choose(record_set: RecordSet) -> list[Answer]:
        asked.append(record_set.name)
        return list(record_set.answers)

    resolution.find("alias.example.com.", T.A, ZONE, CONTENTS, choose)
    assert asked == ["alias.example.com.", "www.example.com."]


def test_without_wildcard_an_unknown_name_does_not_exist() -> None:
    contents = resolution.contents([entry("www", T.A, "192.0.2.1")])
    found = resolution.find("other.example.com.", T.A, ZONE, contents, all_answers)
    assert found == Resolution(Status.NXDOMAIN, [], negative=True)


def test_what_lies_below_a_name_is_seen_label_by_label() -> None:
    held = resolution.contents([entry("a.b.c", T.A, "192.0.2.1"), entry("x\\.y", T.A, "192.0.2.2")])
    below = [name for name in ("c", "b.c", "a.b.c", "y", "x\\.y") if held.holds_below(f"{name}.{ZONE}")]
    assert below == ["c", "b.c"]
    assert held.holds_below(ZONE)


def test_what_a_zone_further_down_has_is_not_denied() -> None:
    contents = resolution.contents([entry("www", T.CNAME, "a.sub.example.com.")])
    found = resolution.find(
        "www.example.com.", T.A, ZONE, contents, all_answers, lambda name: name.endswith("sub.example.com.")
    )
    assert (found.status, found.negative, found.leads_to) == (Status.NOERROR, False, "a.sub.example.com.")
