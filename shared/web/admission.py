"""Requests under policies: every service asks compliance about what its requests make and change."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.clients.compliance import ComplianceClient, Decision, PolicyDenied
from shared.events.resources import SERVICES
from shared.kernel.context import RequestContext, current
from shared.settings import ServiceSettings

BOUND_METHODS = frozenset({"POST", "PUT", "PATCH"})
"""What makes and changes. A deletion may change other things as well; no policy keeps anybody from it."""
WARNING_LENGTH, WARNINGS_LENGTH = 256, 4096
"""Characters of one warning and of all: Kubernetes' bounds for warnings in answers to admissions."""
MANY, MANY_BYTES = 2_000, 4 * 2**20
"""Resources, and bytes of them, that compliance is asked about at once: few calls, each of a fraction of a second."""
REFUSALS = 100
"""Violations of several resources that one refusal tells."""


def under_policies(context: RequestContext, method: str, settings: ServiceSettings) -> RequestContext:
    """The context of a request, in which what it makes and changes is asked about."""
    if method not in BOUND_METHODS or settings.service_name not in SERVICES:
        return context
    return replace(context, admission=Asking(ComplianceClient.connect(settings, context.clock)))


@dataclass(frozen=True)
class Asking:
    """Asks compliance, and fails closed: what nobody has decided on isn't done."""

    compliance: ComplianceClient

    def __call__(self, action: str, noun: str, resource: Mapping[str, Any], tenant_id: str) -> None:
        """Raises PolicyDenied, ServiceUnavailable, BadGateway. A warning goes with the answer."""
        decision = self.compliance.evaluate(action, noun, resource, tenant_id=tenant_id)
        if not decision.allowed:
            raise PolicyDenied(f"a policy denies {action}", violations=list(decision.violations))
        current().warnings.extend(warnings_of(decision))

    def many(self, action: str, noun: str, resources: Mapping[str, Mapping[str, Any]], tenant_id: str) -> None:
        """As for one, in as few calls as there are `portions`; the first that holds a refusal is the last.

        Violations have the resource's name as `resource`, and of what only warns each policy is told once.
        """
        warned: dict[str, list[str]] = {}
        for portion in portions(resources):
            names = {str(facts["id"]): name for name, facts in portion.items()}
            decisions = self.compliance.evaluate_many(action, noun, list(portion.values()), tenant_id=tenant_id)
            refused = {names.get(id, id): decision for id, decision in decisions.items() if not decision.allowed}
            if refused:
                told = [{**each, "resource": name} for name, found in refused.items() for each in found.violations]
                first, others = next(iter(refused)), f" and {len(refused) - 1} more" if len(refused) > 1 else ""
                raise PolicyDenied(f"a policy denies {action}: {first}{others}", violations=told[:REFUSALS])
            for id, decision in decisions.items():
                for warning in warnings_of(decision):
                    warned.setdefault(warning, []).append(names.get(id, id))
        for warning, whom in warned.items():
            others = f" and {len(whom) - 1} more" if len(whom) > 1 else ""
            current().warnings.append(f"{warning} ({whom[0]}{others})")


def portions(resources: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Mapping[str, Any]]]:
    """The resources in their order, in portions of at most `MANY` and, unless one alone is larger, `MANY_BYTES`."""
    portion: dict[str, Mapping[str, Any]] = {}
    size = 0
    for name, facts in resources.items():
        length = len(json.dumps(facts))
        if portion and (len(portion) == MANY or size + length > MANY_BYTES):
            yield portion
            portion, size = {}, 0
        portion[name] = facts
        size += length
    if portion:
        yield portion


def warnings_of(decision: Decision) -> list[str]:
    """What policies that only warn have to say."""
    return [
        f"policy {violation.get('policy')}: {violation.get('reason')}"
        for violation in decision.violations
        if violation.get("enforcement") == "warn" and not violation.get("exempted")
    ]


def warning_header(warnings: list[str]) -> dict[str, str]:
    """The `Warning` header (RFC 7234 §5.5, code 299, as Kubernetes answers with it); none without warnings."""
    values: list[str] = []
    for warning in warnings:
        text = "".join(each if each.isascii() and each.isprintable() else "?" for each in warning)[:WARNING_LENGTH]
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        values.append(f'299 - "{quoted}"')
    while len(joined := ", ".join(values)) > WARNINGS_LENGTH:
        values.pop()
    return {"warning": joined} if joined else {}
