"""Terraform's HTTP backend: state documents and locks for the real `terraform` command line.

Protocol: https://developer.hashicorp.com/terraform/language/backend/http – GET, POST (or PUT) and DELETE of the
document, LOCK and UNLOCK with Terraform's lock info as the body; a held lock is answered by 423 with the holder's lock
info.

A change is done in one order: the document is stored under a new name, etcd makes it the present version together with
a note of that, the database tells of it. A request that is cut off in between is finished by its repetition, or by
whoever is alive (`operations.intents`).
"""

from __future__ import annotations

import base64
import hashlib
import mmap
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import IO, Any, BinaryIO

from sqlalchemy.orm import Session

from services.deploy import published
from services.deploy.domain.statefiles import Label, label_of
from services.deploy.domain.workspaces import ClientLock, client_lock, valid_workspace
from services.deploy.operations import intents
from services.deploy.ports import Ports
from shared.errors import BadRequest, Locked, VersionConflict
from shared.infra.coordination import Companions
from shared.infra.db.hooks import after_rollback
from shared.infra.state_lock import LockInfo, StateLocked
from shared.infra.state_store import Head, NewDocument, StateNotFound, StateVersion, StateVersionConflict
from shared.kernel.context import current, current_tenant
from shared.kernel.preconditions import EntityTags
from shared.web.spooling import CHUNK_BYTES, IN_MEMORY_BYTES, SpooledBody


class WorkspaceLocked(Locked):
    """The workspace is locked under another id; the body is the holder's lock info, as Terraform expects."""

    code = StateLocked.code


class ChecksumMismatch(BadRequest):
    """The body isn't the one that `Content-MD5` is of."""

    code = "checksum_mismatch"


@dataclass(frozen=True)
class Stored:
    """A document that was read whole and found intact."""

    digest: str
    size: int
    file: IO[bytes]

    def pieces(self) -> Iterator[bytes]:
        """Its bytes, once."""
        with self.file:
            self.file.seek(0)
            while piece := self.file.read(CHUNK_BYTES):
                yield piece


def read(ports: Ports, workspace: str) -> Stored:
    """The document, byte for byte as it was stored.

    Raises StateNotFound, which Terraform takes for an empty state, and StateCorrupted before the first byte is given.
    """
    head = ports.states.present(current_tenant(), valid_workspace(workspace))
    if head is None:
        raise StateNotFound(f"workspace {workspace} has no state")
    file = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 - closed with the answer
    for piece in ports.states.content(head.version):
        file.write(piece)
    return Stored(head.version.digest, head.version.size, file)


def write(
    session: Session,
    ports: Ports,
    workspace: str,
    body: SpooledBody,
    lock_id: str | None,
    content_md5: str | None,
    expected: EntityTags | None = None,
) -> None:
    """Store the next version of the document; the same version again is no change, and told of once.

    Whether a document may follow the present one is compared by Terraform itself before it sends (`state push`, `init
    -migrate-state`), and not at all with `-force`: so the holder of the lock is believed, and so is an older serial or
    another lineage from a client that doesn't lock. Of two such clients that made different documents of one serial
    the second is refused, and so is whoever names a lock that nobody holds: it was freed, and others may have written
    since. `If-Match` names the present document by its digest; what is stored already needs no condition (RFC 9110
    §13.1.1). Raises WorkspaceLocked, ChecksumMismatch, NotAStateDocument, VersionConflict or StateVersionConflict.
    """
    tenant = current_tenant()
    guard = _guard(ports, valid_workspace(workspace), lock_id)
    document = _document(body, content_md5)
    head = ports.states.present(tenant, workspace)
    if head is not None and _same(head.version, document):
        intents.tell_what_is_pending(session, ports, workspace)
        return
    _ensure_held(guard, lock_id)
    _ensure_matches(head, expected)
    if lock_id is None or not guard.unchanged:
        _ensure_not_first(head, document)
    intent = intents.begin(session, intents.WRITTEN, workspace)

    def beside(version: StateVersion) -> Companions:
        noted = ports.intents.noted(replace(intent, data=intents.data_of(version)))
        return replace(guard, puts=noted.puts)

    try:
        version = ports.states.put(head, tenant, workspace, document, beside)
    except StateVersionConflict:
        ensure_unlocked(ports, workspace, lock_id)
        meanwhile = ports.states.present(tenant, workspace)
        if meanwhile is None or not _same(meanwhile.version, document):
            raise
        intents.tell_what_is_pending(session, ports, workspace)
        return
    published.state_written(session, version)
    intents.forget_when_told(session, ports, intent)


def delete(
    session: Session, ports: Ports, workspace: str, lock_id: str | None, expected: EntityTags | None = None
) -> None:
    """Forget the document and its history. Raises WorkspaceLocked, VersionConflict or StateVersionConflict."""
    guard = _guard(ports, valid_workspace(workspace), lock_id)
    head = ports.states.present(current_tenant(), workspace)
    _ensure_matches(head, expected)
    if head is None:
        intents.tell_what_is_pending(session, ports, workspace)
        return
    _ensure_held(guard, lock_id)
    gone = replace(head.version, generation=head.version.generation + 1)
    intent = intents.begin(session, intents.DELETED, workspace, intents.data_of(gone))
    ports.states.remove(head, replace(guard, puts=ports.intents.noted(intent).puts))
    published.state_deleted(session, gone)
    intents.forget_when_told(session, ports, intent)


def lock(session: Session, ports: Ports, workspace: str, body: bytes) -> None:
    """Lock the workspace under the id in Terraform's lock info; the same id again is the same lock, told of once.

    Of a request for it that is still under way the end is waited for. One that came to nothing is taken over from: what
    it left behind frees the lock no more. Raises WorkspaceLocked or NotAStateDocument.
    """
    wanted = _held_by(client_lock(body))
    tenant = current_tenant()
    intent = intents.begin(session, intents.LOCK, valid_workspace(workspace), intents.lock_of(wanted.id))
    while True:
        guard = _guard(ports, workspace, wanted.id)
        if guard.unchanged and not intents.came_to_nothing(session, ports, workspace, guard.unchanged[0].mod_revision):
            if guard == _guard(ports, workspace, wanted.id):
                return
        elif ports.locks.take(tenant, workspace, wanted, guard, ports.intents.noted(intent)):
            break
    after_rollback(session, lambda: intents.free(ports, intent))
    intents.forget_when_told(session, ports, intent)
    published.environment_locked(session, wanted, workspace, None)


def unlock(session: Session, ports: Ports, workspace: str, body: bytes) -> None:
    """Free the lock with this id; without an id (`terraform force-unlock`) whichever client holds it.

    Raises WorkspaceLocked for another's lock and for one of the platform's own operations.
    """
    tenant = current_tenant()
    holder = ports.locks.holder(tenant, valid_workspace(workspace))
    if holder is None:
        intents.tell_what_is_pending(session, ports, workspace)
        return
    wanted = client_lock(body).id if body.strip() else holder.id
    if wanted != holder.id or holder.managed:
        raise locked_by(holder)
    intent = intents.begin(session, intents.UNLOCKED, workspace, intents.data_of(holder))
    try:
        freed = ports.locks.release(tenant, workspace, wanted, ports.intents.noted(intent))
    except StateLocked as locked:
        raise locked_by(locked.holder) from locked
    if not freed:  # Somebody else was first, and tells of it.
        intents.tell_what_is_pending(session, ports, workspace)
        return
    published.environment_unlocked(session, holder, workspace)
    intents.forget_when_told(session, ports, intent)


def ensure_unlocked(ports: Ports, workspace: str, lock_id: str | None) -> None:
    """Raise WorkspaceLocked when the workspace is locked under another id."""
    _guard(ports, valid_workspace(workspace), lock_id)


def locked_by(holder: LockInfo) -> WorkspaceLocked:
    """The refusal that shows who holds the lock, by the names that Terraform's client reads."""
    shown = {
        "ID": holder.id,
        "Operation": holder.operation,
        "Info": holder.info,
        "Who": holder.who,
        "Version": holder.version,
        "Created": holder.created,
        "Path": holder.path,
    }
    return WorkspaceLocked(f"the state is locked by {holder.who} for {holder.operation}", **shown)


def _guard(ports: Ports, workspace: str, lock_id: str | None) -> Companions:
    try:
        return ports.locks.guard(current_tenant(), workspace, lock_id)
    except StateLocked as locked:
        raise locked_by(locked.holder) from locked


def _held_by(client: ClientLock) -> LockInfo:
    return LockInfo(
        id=client.id,
        who=client.who or current().caller.responsible,
        operation=client.operation,
        info=client.info,
        created=client.created,
        version=client.version,
        path=client.path,
    )


def _same(version: StateVersion, document: NewDocument) -> bool:
    return (version.lineage, version.serial, version.digest) == (document.lineage, document.serial, document.digest)


def _ensure_held(guard: Companions, lock_id: str | None) -> None:
    """Raise StateVersionConflict when the client names a lock, and the workspace isn't locked at all."""
    if lock_id and not guard.unchanged:
        raise StateVersionConflict(f"lock {lock_id} was freed, and the state may have moved on since it was read")


def _ensure_matches(head: Head | None, expected: EntityTags | None) -> None:
    """Raise VersionConflict unless the present document is one that the caller names."""
    if expected is not None and not expected.match(None if head is None else head.version.digest):
        raise VersionConflict("the state is not the one that If-Match names")


def _ensure_not_first(head: Head | None, document: NewDocument) -> None:
    """Raise StateVersionConflict when another document of the same serial and lineage was stored before."""
    if head is not None and (head.version.lineage, head.version.serial) == (document.lineage, document.serial):
        raise StateVersionConflict(f"serial {document.serial} is another document", current_serial=head.version.serial)


def _document(body: SpooledBody, content_md5: str | None) -> NewDocument:
    """The body with its digest and its label. Raises ChecksumMismatch, BadRequest or NotAStateDocument."""
    content: BinaryIO = BytesIO(body.whole()) if body.in_memory else body.open()
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    while piece := content.read(CHUNK_BYTES):
        sha256.update(piece)
        md5.update(piece)
    if content_md5 is not None and content_md5 != base64.b64encode(md5.digest()).decode():
        raise ChecksumMismatch("the body is not the one that Content-MD5 was made of; send it again")
    label = label_of(body.whole()) if body.in_memory else _label_of_file(content)
    return NewDocument(content, body.size, sha256.hexdigest(), label.lineage, label.serial)


def _label_of_file(file: BinaryIO) -> Label:
    """The label of a document in a file, whose pages are given back as it is read."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:

        def give_back(_position: int) -> Any:
            mapped.madvise(mmap.MADV_DONTNEED)

        return label_of(mapped, give_back)
