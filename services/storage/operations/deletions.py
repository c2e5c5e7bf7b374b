"""Deleting many objects or versions at once, whatever their keys look like in an address (S3's DeleteObjects)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.storage.domain.conditions import Conditions
from services.storage.domain.versions import Deletion
from services.storage.operations import objects
from services.storage.ports import Ports
from services.storage.repository import BucketRepository
from shared.errors import OmniCloudError

QUOTE = '"'


@dataclass(frozen=True)
class Wanted:
    """A key that is to be deleted, or one version of it; with a tag, only while that is the present content's."""

    key: str
    version_id: str | None = None
    etag: str | None = None


@dataclass(frozen=True)
class Done:
    """What became of it: a deletion, or the reason why there is none."""

    wanted: Wanted
    deletion: Deletion | None
    refusal: OmniCloudError | None = None


def delete_all(session: Session, ports: Ports, bucket_name: str, wanted: Sequence[Wanted]) -> list[Done]:
    """Delete each by itself, in the order of their keys (and locks): one that is refused keeps no other.

    Raises NoSuchBucket.
    """
    BucketRepository(session).named(bucket_name, keep=True)
    in_order = sorted(dict.fromkeys(wanted), key=lambda each: each.key.encode("utf-8", "surrogatepass"))
    return [_delete(session, ports, bucket_name, each) for each in in_order]


def _delete(session: Session, ports: Ports, bucket_name: str, wanted: Wanted) -> Done:
    try:
        # What is refused is refused before anything of it has changed.
        conditions = Conditions(if_match=None if wanted.etag is None else f'"{wanted.etag.strip(QUOTE)}"')
        return Done(wanted, objects.delete(session, ports, bucket_name, wanted.key, wanted.version_id, conditions))
    except OmniCloudError as error:
        return Done(wanted, None, error)
