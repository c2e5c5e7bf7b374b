"""Documents in force, in Consul's key-value store."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from services.config.domain.documents import Document, checked_name, decoded, encoded
from shared.infra.consul_kv import ConsulKv, Entry, PrefixFollower
from shared.kernel.context import current_tenant

ABSENT = 0
"""The index of a document that doesn't exist."""


@dataclass(frozen=True)
class PublishedDocument:
    """A document as it was read; `index` changes with every write."""

    document: Document
    index: int


@dataclass(frozen=True)
class Place:
    """Whose document it is, and of which environment."""

    tenant_id: str
    environment: str


class PublishedDocuments:
    """The documents of the context's tenant: one key an environment, `<prefix>/<tenant>/<environment>`.

    Methods raise ConsulUnavailable or ConsulRefused, and InvalidName for what can't be an environment's name.
    """

    def __init__(self, kv: ConsulKv, prefix: str) -> None:
        self._kv = kv
        self._prefix = prefix

    def find(self, environment: str) -> PublishedDocument | None:
        """An environment's document; None when nothing is published. Raises DocumentUnreadable."""
        entry = self._kv.get(self._key(environment))
        return None if entry is None else PublishedDocument(decoded(entry.value), entry.modify_index)

    def put(self, document: Document, index: int) -> bool:
        """Put a document in force in one step, only if its index is still that (ABSENT: if there is none); else False.

        Readers see the document before or this one.
        """
        return self._kv.put(self._key(document.environment), encoded(document), cas=index)

    def follow(self, tell: Callable[[Collection[Place]], None]) -> PrefixFollower:
        """What tells where documents of any tenant changed: at first where all are, then what each change is about.

        Nothing is missed while Consul is away or starts anew with another index; then all are told once more. No
        document is read for it.
        """

        def on_change(entries: tuple[Entry, ...]) -> None:
            tell([self._place(entry.key) for entry in entries])

        return PrefixFollower(self._kv, f"{self._prefix}/", on_change)

    def _place(self, key: str) -> Place:
        tenant_id, _, environment = key.removeprefix(f"{self._prefix}/").partition("/")
        return Place(tenant_id, environment)

    def remove_all(self) -> None:
        """Remove every document of the tenant."""
        self._kv.delete_prefix(self._tenant_prefix())

    def _key(self, environment: str) -> str:
        return self._tenant_prefix() + checked_name(environment)

    def _tenant_prefix(self) -> str:
        return f"{self._prefix}/{current_tenant()}/"
