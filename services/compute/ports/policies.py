"""Policies as compute asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.compute.domain.errors import PolicyDenied
from shared.clients.compliance import ComplianceClient


class Policies:
    """The tenant's policies, kept by the compliance service."""

    def __init__(self, compliance: ComplianceClient) -> None:
        self._compliance = compliance

    def check(self, action: str, resource: Mapping[str, Any]) -> None:
        """Raise PolicyDenied when a policy denies the action, ServiceUnavailable when nobody can say: fails closed."""
        decision = self._compliance.evaluate(f"compute.instances.{action}", "instance", resource)
        if not decision.allowed:
            raise PolicyDenied(f"a policy denies to {action} this instance", violations=list(decision.violations))
