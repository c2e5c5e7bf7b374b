"""The compliance service: may this be done?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.clients.facade import Facade
from shared.errors import BadGateway, Forbidden


class PolicyDenied(Forbidden):
    """A policy of the tenant denies it; `violations` say which and why."""

    code = "policy_denied"


@dataclass(frozen=True)
class Decision:
    """What the tenant's policies say. `enforcement` is deny, dryrun or warn; `violations` name policy and reason."""

    allowed: bool
    enforcement: str
    violations: tuple[Mapping[str, Any], ...]


class ComplianceClient(Facade):
    """Typed calls to compliance."""

    service = "compliance"

    def evaluate(
        self, action: str, resource_type: str, resource: Mapping[str, Any], *, tenant_id: str | None = None
    ) -> Decision:
        """Evaluate the tenant's policies for an action on a resource as it will be.

        Raises ServiceUnavailable when nobody can say, and BadGateway when the answer can't be read: callers fail
        closed, they don't go on without a decision.
        """
        answer = self._client.post(
            "/v1/evaluations",
            {"action": action, "resource_type": resource_type, "resource": dict(resource)},
            tenant_id=tenant_id,
        )
        return decision_of(answer)

    def evaluate_many(
        self, action: str, resource_type: str, resources: Sequence[Mapping[str, Any]], *, tenant_id: str | None = None
    ) -> dict[str, Decision]:
        """Evaluate the tenant's policies for one action on each of several resources, in a single call; the decisions
        on those that a policy speaks against, by their `id`. All others are allowed.

        Raises as `evaluate` does, and ValidationFailed for more than compliance decides on at once.
        """
        answer = self._client.post(
            "/v1/evaluations/batch",
            {"action": action, "resource_type": resource_type, "resources": [dict(each) for each in resources]},
            tenant_id=tenant_id,
        )
        told = answer.get("results") if isinstance(answer, Mapping) else None
        if not isinstance(told, list) or answer.get("evaluated") != len(resources):
            raise BadGateway("compliance answered without a decision on each")
        return {str(each.get("resource_id")): decision_of(each) for each in told}


def decision_of(answer: Any) -> Decision:
    """The decision in an answer. Raises BadGateway unless it says with true or false whether the action is allowed."""
    if not isinstance(answer, Mapping) or not isinstance(answer.get("allowed"), bool):
        raise BadGateway("compliance answered without a decision")
    return Decision(answer["allowed"], str(answer.get("enforcement", "deny")), tuple(answer.get("violations", ())))
