"""The index of state versions in etcd: one key per version, and one that says which is the present one."""

from __future__ import annotations

import json
from urllib.parse import quote

from shared.infra.coordination import ALONE, Companions, Coordination, KeyValue, Put
from shared.infra.state_store import Head, StateVersion

PREFIX = "/states/"
GENERATIONS = "/state-generations/"
"""How often a workspace was written that has no state any more."""


class EtcdStateIndex:
    """See StateIndex. The mark of a head is its key as it was read; a commit compares its revision."""

    def __init__(self, etcd: Coordination) -> None:
        self._etcd = etcd

    def head(self, tenant_id: str, workspace: str) -> Head | None:
        """See StateIndex.head."""
        present = self._etcd.get(_folder(tenant_id, workspace) + "head")
        return None if present is None else Head(_version(present), present)

    def advance(self, head: Head | None, version: StateVersion, companions: Companions = ALONE) -> bool:
        """See StateIndex.advance. A serial that is written again by force is another version of the history."""
        folder = _folder(version.tenant_id, version.workspace)
        value = json.dumps(vars(version)).encode()
        written = version.object_name.rpartition("/")[2]
        revision = self._etcd.commit(
            unchanged=[*([head.mark] if head is not None else []), *companions.unchanged],
            absent=[*([] if head is not None else [folder + "head"]), *companions.absent],
            puts=[Put(folder + "head", value), Put(f"{folder}versions/{written}", value), *companions.puts],
            deletes=companions.deletes,
        )
        return revision is not None

    def generation(self, tenant_id: str, workspace: str) -> int:
        """See StateIndex.generation."""
        present = self._etcd.get(_generation_key(tenant_id, workspace))
        return int(present.value) if present is not None else 0

    def versions(self, tenant_id: str, workspace: str) -> tuple[StateVersion, ...]:
        """See StateIndex.versions. etcd answers in key order, in which serial 10 comes before 9."""
        return tuple(_version(item) for item in self._etcd.snapshot(_folder(tenant_id, workspace) + "versions/").items)

    def remove(self, head: Head, companions: Companions = ALONE) -> bool:
        """See StateIndex.remove. What stays is the number of the last write, from which the next one goes on."""
        gone = head.version
        counted = Put(_generation_key(gone.tenant_id, gone.workspace), str(gone.generation + 1).encode())
        revision = self._etcd.commit(
            unchanged=[head.mark, *companions.unchanged],
            absent=companions.absent,
            puts=[counted, *companions.puts],
            deletes=companions.deletes,
            delete_prefix=_folder(gone.tenant_id, gone.workspace),
        )
        return revision is not None


def _folder(tenant_id: str, workspace: str) -> str:
    return f"{PREFIX}{quote(tenant_id, safe='')}/{quote(workspace, safe='')}/"


def _generation_key(tenant_id: str, workspace: str) -> str:
    return f"{GENERATIONS}{quote(tenant_id, safe='')}/{quote(workspace, safe='')}"


def _version(item: KeyValue) -> StateVersion:
    return StateVersion(**json.loads(item.value))
