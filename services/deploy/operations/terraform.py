"""Terraform's HTTP backend: state documents and locks for the real `terraform` command line.

Protocol: https://developer.hashicorp.com/terraform/language/backend/http – GET, POST and DELETE of the document, LOCK
and UNLOCK with Terraform's lock info as the body; a held lock is answered by 423 with the holder's lock info.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from sqlalchemy.orm import Session

from services.deploy import published
from services.deploy.domain.environments import valid_name
from services.deploy.ports import Ports
from shared.errors import BadRequest, Locked
from shared.infra.db.hooks import after_rollback
from shared.infra.state_lock import LockInfo, StateLocked
from shared.infra.state_store import StateVersionConflict, canonical, digest_of
from shared.kernel.context import current, current_tenant

OWN_OPERATIONS = frozenset({"apply", "deployment", "rollback", "plan", "delete"})
"""Operations of this service: their locks end with them, and can't be forced open."""


class WorkspaceLocked(Locked):
    """The workspace is locked under another id; the body is the holder's lock info, as Terraform expects."""

    code = StateLocked.code


class ChecksumMismatch(BadRequest):
    """The body isn't the one that `Content-MD5` is of."""

    code = "checksum_mismatch"


class NotAStateDocument(BadRequest):
    """The body has no lineage and serial, or no lock id."""

    code = "not_a_state_document"


def read(ports: Ports, workspace: str) -> tuple[bytes, str]:
    """The document and its digest. Raises StateNotFound, which Terraform takes for an empty state."""
    document = ports.states.read(current_tenant(), valid_name(workspace))
    return canonical(document.body), document.version.digest


def write(
    session: Session, ports: Ports, workspace: str, body: bytes, lock_id: str | None, content_md5: str | None
) -> None:
    """Store the next version of the document; the same version again is no change.

    Raises WorkspaceLocked, ChecksumMismatch, NotAStateDocument, StateVersionConflict or LineageMismatch.
    """
    ensure_unlocked(ports, workspace, lock_id)
    digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    if content_md5 is not None and content_md5 != digest:
        raise ChecksumMismatch("the body is not the one that Content-MD5 was made of; send it again")
    document = _document(body)
    head = ports.states.head(current_tenant(), workspace)
    serial = document["serial"]
    if head is not None and head.serial == serial:
        if head.digest == digest_of(canonical(document)):
            return
        raise StateVersionConflict(f"serial {serial} is another document", current_serial=head.serial)
    version = ports.states.write(
        current_tenant(),
        workspace,
        document,
        expected_serial=head.serial if head else 0,
        lineage=document["lineage"],
        serial=serial,
    )
    published.state_written(session, version)


def delete(session: Session, ports: Ports, workspace: str, lock_id: str | None) -> None:
    """Forget the document and its history. Raises WorkspaceLocked."""
    ensure_unlocked(ports, workspace, lock_id)
    head = ports.states.head(current_tenant(), workspace)
    if head is None:
        return
    ports.states.delete(current_tenant(), workspace, expected_serial=head.serial)
    published.state_deleted(session, head)


def lock(session: Session, ports: Ports, workspace: str, body: bytes) -> None:
    """Lock the workspace under the id in Terraform's lock info. Raises WorkspaceLocked."""
    info = _lock_info(body)
    tenant = current_tenant()
    wanted = LockInfo(
        id=info["ID"],
        who=str(info.get("Who") or current().caller.responsible),
        operation=str(info.get("Operation", "")),
        info=str(info.get("Info", "")),
        created=str(info.get("Created", "")),
    )
    try:
        ports.locks.acquire(tenant, valid_name(workspace), wanted)
    except StateLocked as locked:
        raise locked_by(locked.holder) from locked
    after_rollback(session, lambda: ports.locks.release(tenant, workspace, wanted.id))
    published.environment_locked(session, wanted, workspace, None)


def unlock(session: Session, ports: Ports, workspace: str, body: bytes) -> None:
    """Free the lock with this id; without an id (`terraform force-unlock`) whichever Terraform holds.

    Raises WorkspaceLocked for another's lock and for one of this service's own operations.
    """
    holder = ports.locks.holder(current_tenant(), valid_name(workspace))
    if holder is None:
        return
    wanted = _lock_info(body)["ID"] if body else holder.id
    if wanted != holder.id or holder.operation in OWN_OPERATIONS:
        raise locked_by(holder)
    try:
        ports.locks.release(current_tenant(), workspace, wanted)
    except StateLocked as locked:
        raise locked_by(locked.holder) from locked
    published.environment_unlocked(session, holder, workspace)


def ensure_unlocked(ports: Ports, workspace: str, lock_id: str | None) -> None:
    """Raise WorkspaceLocked when the workspace is locked under another id."""
    try:
        ports.locks.check(current_tenant(), valid_name(workspace), lock_id)
    except StateLocked as locked:
        raise locked_by(locked.holder) from locked


def locked_by(holder: LockInfo) -> WorkspaceLocked:
    """The refusal that shows who holds the lock, by the names that Terraform's client reads."""
    shown = {
        "ID": holder.id,
        "Operation": holder.operation,
        "Info": holder.info,
        "Who": holder.who,
        "Created": holder.created,
    }
    return WorkspaceLocked(f"the state is locked by {holder.who} for {holder.operation}", **shown)


def _document(body: bytes) -> dict[str, Any]:
    document = _json(body)
    serial, lineage = document.get("serial"), document.get("lineage")
    if not isinstance(serial, int) or isinstance(serial, bool) or serial < 1 or not isinstance(lineage, str):
        raise NotAStateDocument("a state document has a lineage and a serial of at least 1")
    return document


def _lock_info(body: bytes) -> dict[str, Any]:
    info = _json(body)
    if not isinstance(info.get("ID"), str) or not info["ID"]:
        raise NotAStateDocument("lock info has an ID")
    return info


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError as error:
        raise BadRequest("the body is not valid JSON") from error
    if not isinstance(value, dict):
        raise NotAStateDocument("the body must be a JSON object")
    return value
