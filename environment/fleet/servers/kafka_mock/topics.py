"""The topics of the local event bus: created on request, remembered over a restart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol

from environment.fleet.servers.kafka_mock import protocol


class TopicStore(Protocol):
    """What the catalogue needs of the mock cluster."""

    def create_topic(self, name: str, partitions: int) -> bool: ...

    def delete_topic(self, name: str) -> None: ...


class TopicCatalogue:
    """Which topics exist. Their names are kept in `file`, so that a restarted broker has them again; as the mock keeps
    records in memory only, a restart does lose the records and the committed offsets."""

    def __init__(self, cluster: TopicStore, file: Path, auto_create: bool, default_partitions: int) -> None:
        self._cluster = cluster
        self._file = file
        self._auto_create = auto_create
        self._default_partitions = default_partitions
        self._partitions: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        for name, partitions in self._partitions.items():
            cluster.create_topic(name, partitions)

    @property
    def names(self) -> list[str]:
        return sorted(self._partitions)

    def create(self, topics: list[protocol.NewTopic], validate_only: bool = False) -> list[tuple[str, int, str]]:
        """(name, error code, message) for each wanted topic, as CreateTopics answers."""
        results = []
        for topic in topics:
            code = topic.objection()
            if code == protocol.NO_ERROR and topic.name in self._partitions:
                code = protocol.TOPIC_EXISTS
            if code == protocol.NO_ERROR and not validate_only:
                self._add(topic.name, topic.partitions if topic.partitions > 0 else self._default_partitions)
            results.append((topic.name, code, _MESSAGES.get(code, "").format(topic.name)))
        self._save()
        return results

    def asked_for(self, names: list[str]) -> bool:
        """A client's metadata request lets the broker create these. True when at least one was created."""
        missing = [name for name in names if name not in self._partitions]
        if not self._auto_create or not missing:
            return False
        self.create([protocol.NewTopic(name, -1, -1) for name in missing])
        return True

    def delete(self, names: list[str]) -> list[tuple[str, int]]:
        """(name, error code) for each, as DeleteTopics answers."""
        results = []
        for name in names:
            known = self._partitions.pop(name, None) is not None
            if known:
                self._cluster.delete_topic(name)
            results.append((name, protocol.NO_ERROR if known else protocol.UNKNOWN_TOPIC))
        self._save()
        return results

    def _add(self, name: str, partitions: int) -> None:
        self._cluster.create_topic(name, partitions)
        self._partitions[name] = partitions

    def _save(self) -> None:
        written = self._file.with_suffix(".new")
        written.write_text(json.dumps(self._partitions, sort_keys=True))
        written.replace(self._file)


_MESSAGES = {
    protocol.TOPIC_EXISTS: "Topic '{}' already exists.",
    protocol.INVALID_TOPIC: "Topic name '{}' is illegal: use up to 249 of a-z, A-Z, 0-9, '.', '_' and '-'.",
    protocol.INVALID_PARTITIONS: "Number of partitions of '{}' must be larger than 0.",
    protocol.INVALID_REPLICATION: "Replication factor of '{}' is larger than the number of brokers (1).",
}
