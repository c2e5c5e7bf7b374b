"""Policies are asked at the one place that every change of a resource passes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from shared.errors import ServiceUnavailable
from shared.events.admission import ask, ask_again, ask_many
from shared.events.outbox import publish
from shared.events.resources import CREATE, UPDATE
from shared.kernel.context import RequestContext, use_context
from shared.kernel.identity import Identity
from tests.unit.clocks import standing_clock

ZONE = {"id": "z-1", "name": "example.com.", "serial": 1}
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Cursor:
    """The outbox's statements."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def cursor(self) -> "Cursor":
        return self

    def execute(self, _sql: str, values: tuple[Any, ...]) -> None:
        self.written.append(values[3])

    def close(self) -> None:
        return


class Asked:
    """Whoever decides, with what was asked."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.questions: list[tuple[str, str, Mapping[str, Any], str]] = []
        self.refusal = refusal

    def __call__(self, action: str, noun: str, resource: Mapping[str, Any], tenant_id: str) -> None:
        self.questions.append((action, noun, resource, tenant_id))
        if self.refusal:
            raise self.refusal

    def many(self, action: str, noun: str, resources: Mapping[str, Mapping[str, Any]], tenant_id: str) -> None:
        for facts in resources.values():
            self(action, noun, facts, tenant_id)


def context(asked: Asked | None) -> RequestContext:
    identity = Identity.for_service("dns", "t-1")
    return RequestContext(identity, "c-1", TRACE, standing_clock(), admission=asked)


def tell(type: str, sequence: int = 1, tenant_id: str | None = None, **data: Any) -> list[str]:
    outbox = Cursor()
    publish(outbox, type, subject="z-1", data={**ZONE, **data}, sequence=sequence, tenant_id=tenant_id)
    return outbox.written


def test_what_is_made_and_changed_is_asked_about_as_it_is_told_of() -> None:
    asked = Asked()
    with use_context(context(asked)):
        assert len(tell("dns.zone.created")) == 1
        assert len(tell("dns.zone.updated", 2, serial=2)) == 1
    facts = {**ZONE, "service": "dns"}
    assert asked.questions == [
        ("dns.zones.create", "zone", facts, "t-1"),
        ("dns.zones.update", "zone", {**facts, "serial": 2}, "t-1"),
    ]


@pytest.mark.parametrize("refusal", [PermissionError("denied"), ServiceUnavailable("nobody can say")])
def test_what_is_refused_is_not_written(refusal: Exception) -> None:
    outbox = Cursor()
    with use_context(context(Asked(refusal))), pytest.raises(type(refusal)):
        publish(outbox, "dns.zone.created", subject="z-1", data=ZONE, sequence=1)
    assert outbox.written == []


def test_what_ends_a_resource_and_what_happens_to_it_is_not_asked_about() -> None:
    asked = Asked(PermissionError("denied"))
    with use_context(context(asked)):
        assert len(tell("dns.zone.deleted", 3)) == 1
    assert asked.questions == []


def test_the_platforms_own_work_is_not_asked_about() -> None:
    with use_context(context(None)):
        assert len(tell("dns.zone.created")) == 1


def test_a_resource_of_another_tenant_is_under_that_tenants_policies() -> None:
    asked = Asked()
    with use_context(context(asked)):
        tell("dns.zone.created", tenant_id="t-2")
    assert [tenant_id for *_, tenant_id in asked.questions] == ["t-2"]


def test_what_was_asked_about_ahead_is_not_asked_about_again() -> None:
    asked = Asked()
    with use_context(context(asked)):
        ask("dns.zone", "z-1", CREATE, {"name": "example.com."})
        tell("dns.zone.created")
        tell("dns.zone.updated", 2)
    assert [action for action, *_ in asked.questions] == ["dns.zones.create", "dns.zones.update"]
    assert asked.questions[0][2] == {"name": "example.com.", "id": "z-1", "service": "dns"}


def test_what_has_changed_since_it_was_asked_about_is_asked_about_as_it_is() -> None:
    asked = Asked()
    with use_context(context(asked)):
        ask("dns.zone", "z-1", UPDATE, {"name": "example.com.", "serial": 1})
        ask_again("dns.zone", "z-1", UPDATE)
        ask_again("storage.object", "o-1", UPDATE)
        tell("dns.zone.updated", 3, serial=3)
    assert [facts["serial"] for _, _, facts, _ in asked.questions] == [1, 3]


def test_what_comes_in_a_body_is_asked_about_each_as_it_would_be_alone() -> None:
    asked = Asked()
    with use_context(context(asked)):
        ask_many("dns.record_set", CREATE, {"www A": {"id": "r-1", "ttl": 60}, "mail A": {"id": "r-2", "ttl": 30}})
        ask_many("dns.record_set", UPDATE, {})
        ask_many("storage.object", CREATE, {"cat": {"id": "o-1"}})
    assert asked.questions == [
        ("dns.record_sets.create", "record_set", {"id": "r-1", "ttl": 60, "service": "dns"}, "t-1"),
        ("dns.record_sets.create", "record_set", {"id": "r-2", "ttl": 30, "service": "dns"}, "t-1"),
    ]
    with use_context(context(None)):
        ask_many("dns.record_set", CREATE, {"www A": {"id": "r-1"}})


def test_asking_ahead_answers_for_its_own_resource_alone() -> None:
    asked = Asked()
    with use_context(context(asked)):
        ask("dns.zone", "z-2", CREATE, {})
        ask("dns.zone", "z-1", UPDATE, {})
        tell("dns.zone.created")
    assert [(action, facts["id"]) for action, _, facts, _ in asked.questions] == [
        ("dns.zones.create", "z-2"),
        ("dns.zones.update", "z-1"),
        ("dns.zones.create", "z-1"),
    ]


def test_one_request_answers_for_itself_alone() -> None:
    first, second = context(Asked()), context(asked := Asked())
    with use_context(first):
        ask("dns.zone", "z-1", CREATE, {})
    with use_context(replace(second, tracestate="a=b")):
        tell("dns.zone.created")
    assert len(asked.questions) == 1
