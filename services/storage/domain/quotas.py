"""What the resources of storage count as."""

from __future__ import annotations

from shared.quotas.claims import Claim, claim

RESOURCES = ("buckets", "volumes", "storage_gib", "snapshots")
"""Everything of storage that is counted."""


def bucket_claim(bucket_id: str) -> Claim:
    """A bucket, whatever it holds."""
    return claim(bucket_id, "buckets")


def volume_claims(volume_id: str, size_gib: int) -> tuple[Claim, ...]:
    """A new volume and its first size."""
    return claim(volume_id, "volumes"), claim(volume_id, "storage_gib", size_gib)


def growth_claim(volume_id: str, attempt: str, added_gib: int) -> Claim:
    """What a volume grows by. Each attempt has a name: what was given back can't be reserved under it again."""
    return claim(f"{volume_id}.{attempt}", "storage_gib", added_gib)


def snapshot_claim(snapshot_id: str) -> Claim:
    """A snapshot, whatever its size."""
    return claim(snapshot_id, "snapshots")
