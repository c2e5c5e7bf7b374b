"""Intents: what a database transaction has done in etcd, noted there in the same commit.

etcd and the database can't commit together, so a process that dies between the two would leave a lock that nobody
owns, or a change that nobody was told of. The note says what was done; whoever is alive finishes it once the
transaction has ended (a write-ahead log, with the database's commit as its verdict).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import quote

from shared.infra.coordination import Companions, Coordination, Put

PREFIX = "/intents/"


@dataclass(frozen=True)
class Intent:
    """Something done for a tenant's workspace, on whose account, and what finishing it needs.

    `id` is recorded in the transaction that it belongs to, and names the intent for ever.
    """

    id: str
    kind: str
    tenant_id: str
    workspace: str
    actor: str
    correlation_id: str
    traceparent: str
    data: dict[str, Any] = field(default_factory=dict)


class IntentLog:
    """The intents of one service, one key each."""

    def __init__(self, etcd: Coordination, service: str) -> None:
        self._etcd = etcd
        self._prefix = f"{PREFIX}{quote(service, safe='')}/"

    def noted(self, intent: Intent) -> Companions:
        """What notes the intent in the commit of what it is about."""
        return Companions(puts=[Put(self._key(intent), json.dumps(asdict(intent)).encode())])

    def done(self, intent: Intent) -> Companions:
        """What forgets the intent in another commit."""
        return Companions(deletes=[self._key(intent)])

    def revision(self, intent: Intent) -> int | None:
        """That of the commit in which the intent was noted; None when it isn't noted, or not any more."""
        noted = self._etcd.get(self._key(intent))
        return None if noted is None else noted.mod_revision

    def at(self, tenant_id: str, workspace: str, revision: int) -> Intent | None:
        """The intent of a workspace that was noted in the commit of this revision, until it is forgotten."""
        found = (item for item in self._etcd.snapshot(self._folder(tenant_id, workspace)).items)
        return next((Intent(**json.loads(item.value)) for item in found if item.mod_revision == revision), None)

    def forget(self, intent: Intent) -> None:
        """The intent is finished. Raises CoordinationUnavailable."""
        self._etcd.commit(deletes=[self._key(intent)])

    def pending(self, tenant_id: str | None = None, workspace: str | None = None) -> tuple[Intent, ...]:
        """The intents that aren't finished, oldest first; of all workspaces, or of one."""
        prefix = self._prefix if tenant_id is None or workspace is None else self._folder(tenant_id, workspace)
        found = (Intent(**json.loads(item.value)) for item in self._etcd.snapshot(prefix).items)
        return tuple(sorted(found, key=lambda intent: intent.id))

    def _folder(self, tenant_id: str, workspace: str) -> str:
        return f"{self._prefix}{quote(tenant_id, safe='')}/{quote(workspace, safe='')}/"

    def _key(self, intent: Intent) -> str:
        return self._folder(intent.tenant_id, intent.workspace) + intent.id
