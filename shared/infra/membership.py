"""The members of a group, kept in etcd. Only a present member counts towards a quorum."""

from __future__ import annotations

from shared.infra.coordination import Coordination, Put

PREFIX = "/members/"


class Members:
    """One group. Joining and leaving are explicit: a member that is down is still a member."""

    def __init__(self, etcd: Coordination, group: str) -> None:
        self._etcd = etcd
        self._prefix = f"{PREFIX}{group}/"

    def join(self, member: str) -> None:
        """Add a member; nothing changes when it is one already."""
        key = self._prefix + member
        self._etcd.commit(absent=[key], puts=[Put(key, member.encode())])

    def leave(self, member: str) -> None:
        """Remove a member; its votes no longer count."""
        self._etcd.commit(deletes=[self._prefix + member])

    def current(self) -> frozenset[str]:
        """The present members."""
        return frozenset(item.value.decode() for item in self._etcd.snapshot(self._prefix).items)
