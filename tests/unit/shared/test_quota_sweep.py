"""The sweep that compares reservations with what exists."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any, cast

from shared.clients.tenants import TenantsClient
from shared.errors import Conflict
from shared.kernel.context import current_tenant
from shared.quotas import QuotaSweep
from shared.quotas.sweep import Swept
from shared.utils.clock import FixedClock

EXISTING = {"z-1.dns_zones", "z-2.dns_zones", "z-3.dns_zones"}


class Tenants:
    """Reservations in pages, and what was done with them."""

    def __init__(self, *pages: list[tuple[str, str, str]], released_meanwhile: str = "") -> None:
        self.pages = pages
        self.released_meanwhile = released_meanwhile
        self.done: list[tuple[str, str, str]] = []

    def reservation_pages(self, resource: str, *, unchanged_for_seconds: int) -> Iterator[list[dict[str, Any]]]:
        assert (resource, unchanged_for_seconds) == ("dns_zones", 300)
        for page in self.pages:
            yield [{"tenant_id": tenant, "reservation_id": name, "state": state} for tenant, name, state in page]

    def commit(self, reservation_id: str) -> None:
        if reservation_id == self.released_meanwhile:
            raise Conflict("the reservation was released")
        self.done.append(("commit", current_tenant(), reservation_id))

    def release(self, reservation_id: str) -> None:
        self.done.append(("release", current_tenant(), reservation_id))


def sweep(tenants: Tenants) -> Swept:
    def held(reservation_ids: Collection[str]) -> Collection[str]:
        return EXISTING & set(reservation_ids)

    clock = FixedClock(datetime(2025, 6, 1, tzinfo=UTC))
    return QuotaSweep("dns", cast(TenantsClient, tenants), clock, ["dns_zones"], held).run()


def test_what_exists_is_committed_and_what_does_not_is_released_in_its_tenant() -> None:
    tenants = Tenants(
        [("t-1", "z-1.dns_zones", "reserved"), ("t-1", "gone.dns_zones", "reserved")],
        [("t-2", "z-2.dns_zones", "expired"), ("t-2", "lost.dns_zones", "committed")],
    )
    assert sweep(tenants) == Swept(committed=2, released=2)
    assert tenants.done == [
        ("commit", "t-1", "z-1.dns_zones"),
        ("release", "t-1", "gone.dns_zones"),
        ("commit", "t-2", "z-2.dns_zones"),
        ("release", "t-2", "lost.dns_zones"),
    ]


def test_what_is_right_already_stays_untouched() -> None:
    tenants = Tenants([("t-1", "z-1.dns_zones", "committed")])
    assert sweep(tenants) == Swept(committed=0, released=0)
    assert tenants.done == []


def test_a_claim_that_was_released_meanwhile_does_not_keep_the_others_waiting() -> None:
    page = [("t-1", "z-1.dns_zones", "reserved"), ("t-1", "z-3.dns_zones", "reserved")]
    tenants = Tenants(page, released_meanwhile="z-1.dns_zones")
    sweep(tenants)
    assert tenants.done == [("commit", "t-1", "z-3.dns_zones")]
