"""Which requests are under policies, and what policies that only warn say to the caller."""

import pytest

from shared.clients.compliance import Decision
from shared.kernel.context import RequestContext
from shared.settings import ServiceSettings
from shared.web.admission import under_policies, warning_header, warnings_of
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
