"""What the resources of storage count as, and what the sweep makes of reservations that no event settled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from services.storage.domain.quotas import RESOURCES, bucket_claim, growth_claim, snapshot_claim, volume_claims
from shared.clients.tenants import TenantsClient
from shared.quotas import Claim, QuotaSweep
from tests.unit.clocks import standing_clock


class FakeTenants:
    """Reservations as the tenants service keeps them; what is settled is noted."""

    def __init__(self, kept: dict[str, dict[str, str]]) -> None:
        self.kept = kept
        self.settled: list[tuple[str, str]] = []

    def commit(self, reservation_id: str) -> None:
        self.settled.append(("commit", reservation_id))

    def release(self, reservation_id: str) -> None:
        self.settled.append(("release", reservation_id))

    def reservation_pages(self, resource: str, *, unchanged_for_seconds: int) -> Iterator[list[dict[str, Any]]]:
        yield [
            {"tenant_id": "t-1", "reservation_id": name, "amount": 1, "state": state}
            for name, state in self.kept.get(resource, {}).items()
        ]


def test_a_volume_counts_once_and_by_its_size() -> None:
    assert volume_claims("vol-1", 10) == (
        Claim("volumes", 1, "vol-1.volumes"),
        Claim("storage_gib", 10, "vol-1.storage_gib"),
    )


def test_every_attempt_to_grow_has_a_name_of_its_own() -> None:
    first, second = (growth_claim("vol-1", attempt, 15) for attempt in ("growth-1", "growth-2"))

    assert first == Claim("storage_gib", 15, "vol-1.growth-1.storage_gib")
    assert second.reservation_id == "vol-1.growth-2.storage_gib"


def test_buckets_and_snapshots_count_one_each() -> None:
    assert bucket_claim("b-1") == Claim("buckets", 1, "b-1.buckets")
    assert snapshot_claim("snap-1") == Claim("snapshots", 1, "snap-1.snapshots")


def test_the_sweep_settles_what_no_event_did() -> None:
    # Given a volume that has grown, a snapshot, and reservations that stand for nothing
    growth = growth_claim("vol-1", "growth-1", 15)
    there = {claim.reservation_id for claim in (*volume_claims("vol-1", 10), growth, snapshot_claim("snap-1"))}
    tenants = FakeTenants(
        {
            "buckets": {"b-9.buckets": "reserved"},
            "volumes": {"vol-1.volumes": "committed", "vol-9.volumes": "committed"},
            "storage_gib": {
                "vol-1.storage_gib": "committed",
                growth.reservation_id: "expired",
                "vol-1.growth-2.storage_gib": "reserved",
            },
            "snapshots": {"snap-1.snapshots": "reserved"},
        }
    )

    QuotaSweep("storage", cast(TenantsClient, tenants), standing_clock(), RESOURCES, there.intersection).run()

    assert tenants.settled == [
        ("release", "b-9.buckets"),
        ("release", "vol-9.volumes"),
        ("commit", "vol-1.growth-1.storage_gib"),
        ("release", "vol-1.growth-2.storage_gib"),
        ("commit", "snap-1.snapshots"),
    ]
