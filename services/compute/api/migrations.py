"""Moves of instances between hosts, for platform operators acting in the instance's tenant."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.compute.api.common import OPERATORS, Id
from services.compute.domain.migrations import MigrationKind
from services.compute.operations import migrations
from services.compute.ports import Ports
from services.compute.repository import MigrationRepository
from services.compute.schemas import InstanceOut, MigrationOut, Move, Text
from services.compute.tables import Instance, Migration
from shared.utils.pagination import Page
from shared.web.fastapi import ApiRouter, ExpectedVersion, PageQuery, database, ports_of_app, requires
from shared.web.permissions import PLATFORM
from shared.web.schemas import PageOut

router = ApiRouter(tags=[OPERATORS])


@router.post(
    "/instances/{id}/live-migrate", status_code=202, response_model=InstanceOut, dependencies=[requires(PLATFORM)]
)
def live_migrate(
    id: Id, body: Move, expected: ExpectedVersion, session: Session = database(), ports: Ports = ports_of_app()
) -> Instance:
    """Move a running instance to another host of its zone without stopping it."""
    return migrations.move_instance(session, ports, id, MigrationKind.LIVE_MIGRATION, body.host_id, expected)


@router.post("/instances/{id}/migrate", status_code=202, response_model=InstanceOut, dependencies=[requires(PLATFORM)])
def migrate(
    id: Id, body: Move, expected: ExpectedVersion, session: Session = database(), ports: Ports = ports_of_app()
) -> Instance:
    """Move a stopped instance to another host of its zone."""
    return migrations.move_instance(session, ports, id, MigrationKind.MIGRATION, body.host_id, expected)


@router.post("/instances/{id}/evacuate", status_code=202, response_model=InstanceOut, dependencies=[requires(PLATFORM)])
def evacuate(
    id: Id, body: Move, expected: ExpectedVersion, session: Session = database(), ports: Ports = ports_of_app()
) -> Instance:
    """Rebuild an instance of a host that is marked as down on another host of its zone."""
    return migrations.move_instance(session, ports, id, MigrationKind.EVACUATION, body.host_id, expected)


@router.get("/migrations", response_model=PageOut[MigrationOut], dependencies=[requires(PLATFORM)])
def list_migrations(page: PageQuery, instance_id: Text | None = None, session: Session = database()) -> Page[Migration]:
    """Moves of the tenant's instances, running and ended, oldest first."""
    conditions = [] if instance_id is None else [Migration.instance_id == instance_id]
    return MigrationRepository(session).page(page, *conditions)


@router.get("/migrations/{id}", response_model=MigrationOut, dependencies=[requires(PLATFORM)])
def get_migration(id: Id, session: Session = database()) -> Migration:
    """One move."""
    return MigrationRepository(session).get(id)
