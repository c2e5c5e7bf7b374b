"""Requests under policies: every service asks compliance about what its requests make and change."""

from __future__ import annotations

from collections.abc import Mapping
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
