"""Decisions: an explicit deny wins over every allow, and what nothing allows is denied.

How a deny is enforced is Gatekeeper's `enforcementAction`: `deny` refuses, `warn` lets through and says so, `dryrun`
lets through and only records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.compliance.domain.conditions import Condition, EvaluationError, holds
from services.compliance.domain.globs import like
from shared.errors import ValidationFailed

ALLOW, DENY = "allow", "deny"
EFFECTS = (ALLOW, DENY)
ENFORCEMENTS = ("deny", "warn", "dryrun")
"""From the strictest."""
NO_ENFORCEMENT = "none"
DEFAULT_DENY = "default-deny"
MAX_POLICIES = 200
"""Of a tenant: all are looked at whenever something is made or changed."""
MAX_EXEMPTIONS = 1_000
"""Of a tenant, those that have expired left out."""
MAX_PATTERNS = 100
"""Of a policy, actions and types each."""
MAX_CHARACTERS = 1 << 16
"""Of all patterns of a tenant, as `Policy.characters` counts them: room for 327 in each of 200 policies. The costliest
ones that there may be, matched with the longest texts, take a core 2.3 seconds a decision, ordinary ones milliseconds.
"""


class ComplianceLimitReached(ValidationFailed):
    """The tenant has as many policies, exemptions or characters of patterns as it may have."""

    code = "compliance_limit_reached"


@dataclass(frozen=True)
class Policy:
    """A policy at one of its versions. `actions` and `resource_types` may end in `*`."""

    id: str
    name: str
    version: int
    effect: str
    enforcement: str
    actions: tuple[str, ...]
    resource_types: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    priority: int = 0

    def concerns(self, action: str, resource_type: str) -> bool:
        """Whether the policy is about such an action on such a resource."""
        return _any_like(self.actions, action) and _any_like(self.resource_types, resource_type)

    @property
    def characters(self) -> int:
        """Of its patterns: actions, resource types, and what `like` compares with."""
        patterns = [condition.value for condition in self.conditions if condition.operator == "like"]
        return sum(map(len, (*self.actions, *self.resource_types, *patterns)))


@dataclass(frozen=True)
class Exemption:
    """One policy doesn't count for a resource (or, without a resource, for any) until it expires."""

    policy_id: str
    resource_id: str | None
    expires_at: datetime


class Exemptions:
    """A tenant's exemptions, found by policy and resource: there may be as many as there are resources."""

    def __init__(self, exemptions: Iterable[Exemption] = ()) -> None:
        self._until: dict[tuple[str, str | None], datetime] = {}
        for each in exemptions:
            key = (each.policy_id, each.resource_id)
            self._until[key] = max(each.expires_at, self._until.get(key, each.expires_at))

    def cover(self, policy_id: str, resource_id: Any, now: datetime) -> bool:
        """Whether the policy doesn't count for the resource; an exemption's time is half-open."""
        named = (resource_id, None) if isinstance(resource_id, str) else (None,)
        ends = [self._until.get((policy_id, name)) for name in named]
        return any(now < end for end in ends if end is not None)


@dataclass(frozen=True)
class Violation:
    """A policy that speaks against it, at the version that was evaluated."""

    policy_id: str
    policy: str
    version: int
    enforcement: str
    reason: str
    exempted: bool = False


@dataclass(frozen=True)
class Decision:
    """The answer, with every policy version it rests on."""

    allowed: bool
    enforcement: str
    violations: tuple[Violation, ...]
    policy_versions: Mapping[str, int]

    @property
    def compliant(self) -> bool:
        """Whether nothing that isn't exempted speaks against it, however it is enforced."""
        return all(violation.exempted for violation in self.violations)


def check_characters(present: Iterable[Policy], coming: Policy) -> None:
    """Raise ComplianceLimitReached where a policy brings more patterns than may stand beside those of the others.

    `present` are the tenant's policies, the former state of `coming` among them: one that gets no longer may always
    change.
    """
    lengths = {policy.id: policy.characters for policy in present}
    before = lengths.pop(coming.id, 0)
    if coming.characters > before and sum(lengths.values()) + coming.characters > MAX_CHARACTERS:
        raise ComplianceLimitReached(
            f"the patterns of all policies would have more than {MAX_CHARACTERS} characters", limit=MAX_CHARACTERS
        )


def concerned_by(policies: Iterable[Policy], action: str, resource_type: str) -> list[Policy]:
    """The policies that are about such an action on such a resource, in the order in which they are told."""
    return sorted(
        (policy for policy in policies if policy.concerns(action, resource_type)),
        key=lambda policy: (-policy.priority, policy.id),
    )


def decide(
    policies: Iterable[Policy],
    exemptions: Exemptions,
    action: str,
    resource_type: str,
    resource: Mapping[str, Any],
    now: datetime,
) -> Decision:
    """The decision about an action on a resource as it will be. It never raises: an evaluation error counts against."""
    return judge(concerned_by(policies, action, resource_type), exemptions, resource, now)


def judge(concerned: Sequence[Policy], exemptions: Exemptions, resource: Mapping[str, Any], now: datetime) -> Decision:
    """The decision by policies that are known to be about it: what is asked once for all resources of a type."""
    resource_id = resource.get("id")
    violations = [
        Violation(policy.id, policy.name, policy.version, policy.enforcement, reason, exempted)
        for policy in concerned
        if policy.effect == DENY and (reason := why_denied(policy, resource)) is not None
        for exempted in [exemptions.cover(policy.id, resource_id, now)]
    ]
    if not any(policy.effect == ALLOW and allows(policy, resource) for policy in concerned):
        violations.append(Violation("", DEFAULT_DENY, 0, "deny", "no policy allows it"))
    counting = [violation for violation in violations if not violation.exempted]
    return Decision(
        allowed=all(violation.enforcement != "deny" for violation in counting),
        enforcement=strictest(violation.enforcement for violation in counting),
        violations=tuple(violations),
        policy_versions={policy.id: policy.version for policy in concerned},
    )


def applies(policy: Policy, resource: Mapping[str, Any]) -> bool:
    """Whether all conditions hold. Raises EvaluationError."""
    return all(holds(condition, resource) for condition in policy.conditions)


def why_denied(policy: Policy, resource: Mapping[str, Any]) -> str | None:
    """Why a deny policy speaks against the resource; None when it doesn't. One that can't be evaluated does."""
    try:
        return "the policy's conditions hold" if applies(policy, resource) else None
    except EvaluationError as error:
        return f"evaluation error: {error}"


def allows(policy: Policy, resource: Mapping[str, Any]) -> bool:
    """Whether an allow policy speaks for the resource. One that can't be evaluated doesn't."""
    try:
        return applies(policy, resource)
    except EvaluationError:
        return False


def strictest(enforcements: Iterable[str]) -> str:
    """The strictest of the enforcements; `none` when there is none."""
    return min(enforcements, key=ENFORCEMENTS.index, default=NO_ENFORCEMENT)


def _any_like(patterns: Iterable[str], name: str) -> bool:
    return any(like(name, pattern) for pattern in patterns)
