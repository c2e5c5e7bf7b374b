"""Path policies: who may do what under a pattern of paths."""

from __future__ import annotations

from collections.abc import Sequence

from services.secrets import published
from services.secrets.domain.paths import MAX_POLICIES, PolicyLimitReached, checked_pattern
from services.secrets.models import Policy
from services.secrets.repository import policies
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def create_policy(pattern: str, subjects: Sequence[str], capabilities: Sequence[str]) -> Policy:
    """A new path policy; it holds from the next request on. Raises InvalidPattern or PolicyLimitReached."""
    if policies.count() >= MAX_POLICIES:
        raise PolicyLimitReached(f"there are {MAX_POLICIES} path policies, as many as there may be", limit=MAX_POLICIES)
    policy = policies.add(
        Policy(
            id=new_id("pp"),
            tenant_id=current_tenant(),
            pattern=checked_pattern(pattern),
            subjects=sorted(set(subjects)),
            capabilities=sorted(set(capabilities)),
        )
    )
    published.path_policy_created(policy)
    return policy


def delete_policy(policy_id: str, expected_version: EntityTags | None) -> None:
    """Remove a path policy. Raises NotFound, VersionConflict."""
    policy = policies.get(policy_id, lock=True)
    check_version(policy, expected_version)
    _delete(policy)


def delete_all() -> None:
    """Remove every policy of a tenant that is gone."""
    for policy in policies.all_locked():
        _delete(policy)


def _delete(policy: Policy) -> None:
    policy.version += 1
    published.path_policy_deleted(policy)
    policies.delete(policy)
