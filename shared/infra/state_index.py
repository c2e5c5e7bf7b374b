"""The index of state versions in etcd: one key per version, and one that says which is the present one."""

from __future__ import annotations

import json
from urllib.parse import quote

from shared.infra.coordination import Coordination, KeyValue, Put
from shared.infra.state_store import Head, StateVersion

PREFIX = "/states/"


class EtcdStateIndex:
    """See StateIndex. The mark of a head is its key as it was read; a commit compares its revision."""

    def __init__(self, etcd: Coordination) -> None:
        self._etcd = etcd

    def head(self, tenant_id: str, workspace: str) -> Head | None:
        """See StateIndex.head."""
        present = self._etcd.get(_folder(tenant_id, workspace) + "head")
        return None if present is None else Head(_version(present), present)

    def advance(self, head: Head | None, version: StateVersion) -> bool:
        """See StateIndex.advance."""
        folder = _folder(version.tenant_id, version.workspace)
        value = json.dumps(vars(version)).encode()
        revision = self._etcd.commit(
            unchanged=[head.mark] if head is not None else [],
            absent=[] if head is not None else [folder + "head"],
            puts=[Put(folder + "head", value), Put(f"{folder}versions/{version.serial}", value)],
        )
        return revision is not None

    def versions(self, tenant_id: str, workspace: str) -> tuple[StateVersion, ...]:
        """See StateIndex.versions. etcd answers in key order, in which serial 10 comes before 9."""
        return tuple(_version(item) for item in self._etcd.snapshot(_folder(tenant_id, workspace) + "versions/").items)

    def remove(self, head: Head) -> bool:
        """See StateIndex.remove."""
        folder = _folder(head.version.tenant_id, head.version.workspace)
        return self._etcd.commit(unchanged=[head.mark], delete_prefix=folder) is not None


def _folder(tenant_id: str, workspace: str) -> str:
    return f"{PREFIX}{quote(tenant_id, safe='')}/{quote(workspace, safe='')}/"


def _version(item: KeyValue) -> StateVersion:
    return StateVersion(**json.loads(item.value))
