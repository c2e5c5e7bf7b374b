"""Deletions of many objects at once."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.storage.api.common import WRITE
from services.storage.operations import deletions
from services.storage.operations.deletions import Wanted
from services.storage.ports import Ports
from services.storage.schemas import DeletedOut, DeletionsCreate, DeletionsOut, NotDeletedOut
from shared.web.fastapi import ApiRouter, database, ports_of_app, requires

router = ApiRouter(tags=["objects"])


@router.post("/buckets/{name}/deletions", response_model=DeletionsOut, dependencies=[requires(WRITE)])
def create(
    name: str, body: DeletionsCreate, session: Session = database(), ports: Ports = ports_of_app()
) -> DeletionsOut:
    """Delete up to 1,000 objects or versions; each by itself, as a DELETE of it would."""
    done = deletions.delete_all(session, ports, name, [Wanted(**each.model_dump()) for each in body.objects])
    return DeletionsOut(
        deleted=[
            DeletedOut(
                key=each.wanted.key,
                version_id=each.wanted.version_id,
                removed=each.deletion.removed,
                marker=each.deletion.marker,
            )
            for each in done
            if each.deletion is not None
        ],
        refused=[
            NotDeletedOut(
                key=each.wanted.key,
                version_id=each.wanted.version_id,
                code=each.refusal.code,
                detail=each.refusal.detail,
            )
            for each in done
            if each.refusal is not None
        ],
    )
