"""Which requests are under policies, and what policies that only warn say to the caller."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest

from shared.clients.compliance import ComplianceClient, Decision, PolicyDenied
from shared.kernel.context import RequestContext, use_context
from shared.settings import ServiceSettings
from shared.web.admission import Asking, portions, under_policies, warning_header, warnings_of
from tests.unit.clocks import standing_clock


@pytest.mark.parametrize(
    ("service", "method", "bound"),
    [
        ("dns", "POST", True),
        ("storage", "PUT", True),
        ("network", "PATCH", True),
        ("dns", "GET", False),
        ("dns", "DELETE", False),
        ("auth", "POST", False),
        ("compliance", "POST", False),
        ("audit", "POST", False),
    ],
)
def test_what_makes_and_changes_resources_is_under_policies(service: str, method: str, bound: bool) -> None:
    context = RequestContext(None, "c-1", "00-1", standing_clock())
    settings = ServiceSettings(service_name=service)
    assert (under_policies(context, method, settings).admission is not None) is bound


def test_only_warnings_that_count_are_told() -> None:
    violations = [
        {"policy": "names", "reason": "the policy's conditions hold", "enforcement": "warn", "exempted": False},
        {"policy": "quiet", "reason": "x", "enforcement": "dryrun", "exempted": False},
        {"policy": "old", "reason": "x", "enforcement": "warn", "exempted": True},
    ]
    assert warnings_of(Decision(True, "warn", tuple(violations))) == ["policy names: the policy's conditions hold"]


def test_a_warning_is_a_header_that_every_hop_can_carry() -> None:
    assert warning_header([]) == {}
    assert warning_header(['a "b" \\c', "Ünamed\r\n"]) == {"warning": '299 - "a \\"b\\" \\\\c", 299 - "?named??"'}


def test_many_warnings_are_cut_to_what_a_header_holds() -> None:
    header = warning_header(["x" * 1000] * 100)["warning"]
    assert len(header) <= 4096
    assert header.count("299 - ") == 15


class Deciding:
    """Compliance, which has something to say of some."""

    def __init__(self, **decisions: Decision) -> None:
        self.decisions = decisions
        self.calls: list[int] = []

    def evaluate_many(
        self, _action: str, _noun: str, resources: Sequence[Mapping[str, Any]], *, tenant_id: str
    ) -> dict[str, Decision]:
        self.calls.append(len(resources))
        return {each["id"]: self.decisions[each["id"]] for each in resources if each["id"] in self.decisions}


def asked(compliance: Deciding, resources: int) -> list[str]:
    """Ask about so many; the warnings."""
    context = RequestContext(None, "c-1", "00-1", standing_clock())
    with use_context(context):
        Asking(cast(ComplianceClient, compliance)).many(
            "dns.record_sets.create", "record_set", {f"www-{n} A": {"id": f"r{n}"} for n in range(resources)}, "t-1"
        )
    return context.warnings


def violation(enforcement: str) -> dict[str, Any]:
    return {"policy": "names", "reason": "they hold", "enforcement": enforcement, "exempted": False}


def test_many_are_asked_about_in_few_calls() -> None:
    assert asked(compliance := Deciding(), 20_000) == []
    assert compliance.calls == [2_000] * 10


def test_a_call_holds_as_many_as_compliance_reads_at_once() -> None:
    large = {str(n): {"id": str(n), "text": "x" * 2**20} for n in range(8)}
    assert [list(each) for each in portions(large)] == [["0", "1", "2"], ["3", "4", "5"], ["6", "7"]]
    assert list(portions({})) == []


def test_a_refusal_names_what_is_refused_and_by_whom() -> None:
    denied = Decision(False, "deny", (violation("deny"),))
    with pytest.raises(PolicyDenied) as refusal:
        asked(compliance := Deciding(r1=denied, r2001=denied, r2003=denied), 6_000)
    assert refusal.value.detail == "a policy denies dns.record_sets.create: www-1 A"
    assert refusal.value.extra["violations"] == [{**violation("deny"), "resource": "www-1 A"}]
    assert compliance.calls == [2_000]
    with pytest.raises(PolicyDenied) as refusal:
        asked(Deciding(**{f"r{n}": denied for n in range(300)}), 300)
    assert refusal.value.detail == "a policy denies dns.record_sets.create: www-0 A and 299 more"
    assert len(refusal.value.extra["violations"]) == 100


def test_of_many_that_are_warned_about_one_is_named() -> None:
    warned = Decision(True, "warn", (violation("warn"), violation("dryrun")))
    assert asked(Deciding(r1=warned), 2) == ["policy names: they hold (www-1 A)"]
    assert asked(Deciding(r1=warned, r2=warned, r2500=warned), 3_000) == [
        "policy names: they hold (www-1 A and 2 more)"
    ]
