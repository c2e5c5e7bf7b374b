"""Server groups."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.compute import published
from services.compute.domain.errors import GroupInUse
from services.compute.domain.server_groups import GroupPolicy
from services.compute.repository import ServerGroupRepository
from services.compute.tables import ServerGroup
from shared.infra.db.sqlalchemy import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def create_group(session: Session, name: str, policy: GroupPolicy) -> ServerGroup:
    """A server group without members."""
    group = ServerGroupRepository(session).add(
        ServerGroup(id=new_id("sg"), tenant_id=current_tenant(), version=1, name=name, policy=policy.value)
    )
    published.server_group_created(session, group)
    return group


def delete_group(session: Session, group_id: str, expected: EntityTags | None) -> None:
    """Remove a group that no instance belongs to. Raises NotFound, VersionConflict or GroupInUse."""
    groups = ServerGroupRepository(session)
    group = groups.get(group_id, lock=True)
    check_version(group, expected)
    if groups.has_members(group_id):
        raise GroupInUse("instances still belong to the group: delete them first")
    groups.remove(group)
    published.server_group_deleted(session, group)
