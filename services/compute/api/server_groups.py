"""Server groups."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.compute.api.common import READ, WRITE, Id
from services.compute.operations import server_groups
from services.compute.repository import ServerGroupRepository
from services.compute.schemas import GroupCreate, GroupOut
from services.compute.tables import ServerGroup
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, requires
from shared.web.schemas import PageOut

router = ApiRouter()


@router.post("/server-groups", status_code=201, response_model=GroupOut, dependencies=[requires(WRITE)])
def create_group(body: GroupCreate, session: Session = database()) -> ServerGroup:
    """A new server group."""
    return server_groups.create_group(session, body.name, body.policy)


@router.get("/server-groups", response_model=PageOut[GroupOut], dependencies=[requires(READ)])
def list_groups(page: PageQuery, session: Session = database()) -> PageOut[GroupOut]:
    """The tenant's server groups with their members' hosts."""
    groups = ServerGroupRepository(session)
    found = groups.page(page)
    members = groups.members([group.id for group in found.items])
    return PageOut[GroupOut](
        items=[_group_out(group, members[group.id]) for group in found.items], next_cursor=found.next_cursor
    )


@router.get("/server-groups/{id}", response_model=GroupOut, dependencies=[requires(READ)])
def get_group(id: Id, session: Session = database()) -> GroupOut:
    """One server group."""
    groups = ServerGroupRepository(session)
    group = groups.get(id)
    return _group_out(group, groups.members([group.id])[group.id])


@router.delete("/server-groups/{id}", status_code=204, dependencies=[requires(WRITE)])
def delete_group(id: Id, expected: ExpectedVersion, session: Session = database()) -> None:
    """Remove an empty server group."""
    server_groups.delete_group(session, id, expected)


def _group_out(group: ServerGroup, members: Sequence[tuple[str, str]]) -> GroupOut:
    """With its members and their hosts: two for a member that is on the move."""
    instances, hosts = {instance for instance, _ in members}, {host for _, host in members}
    return GroupOut.model_validate(group).model_copy(update={"members": len(instances), "hosts": sorted(hosts)})
