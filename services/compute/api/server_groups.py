"""Server groups."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.compute.api.common import READ, WRITE
from services.compute.operations import server_groups
from services.compute.repository import ServerGroupRepository
from services.compute.schemas import GroupCreate, GroupOut, GroupPage
from services.compute.tables import ServerGroup
from shared.web.fastapi import ApiRouter, PageQuery, database, requires

router = ApiRouter()


@router.post("/server-groups", status_code=201, response_model=GroupOut, dependencies=[requires(WRITE)])
def create_group(body: GroupCreate, session: Session = database()) -> ServerGroup:
    """A new server group."""
    return server_groups.create_group(session, body.name, body.policy)


@router.get("/server-groups", response_model=GroupPage, dependencies=[requires(READ)])
def list_groups(page: PageQuery, session: Session = database()) -> GroupPage:
    """The tenant's server groups with their members' hosts."""
    groups = ServerGroupRepository(session)
    found = groups.page(page)
    members = groups.member_hosts([group.id for group in found.items])
    return GroupPage(
        items=[_group_out(group, members[group.id]) for group in found.items], next_cursor=found.next_cursor
    )


@router.get("/server-groups/{id}", response_model=GroupOut, dependencies=[requires(READ)])
def get_group(id: str, session: Session = database()) -> GroupOut:
    """One server group."""
    groups = ServerGroupRepository(session)
    group = groups.get(id)
    return _group_out(group, groups.member_hosts([group.id])[group.id])


@router.delete("/server-groups/{id}", status_code=204, dependencies=[requires(WRITE)])
def delete_group(id: str, session: Session = database()) -> None:
    """Remove an empty server group."""
    server_groups.delete_group(session, id)


def _group_out(group: ServerGroup, hosts_of_members: Sequence[str]) -> GroupOut:
    shown = GroupOut.model_validate(group)
    return shown.model_copy(update={"members": len(hosts_of_members), "hosts": sorted(set(hosts_of_members))})
