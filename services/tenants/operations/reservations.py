"""Use cases around claims on quotas. The limits of a claim are locked before it is judged.

A claim counts from when it is made. Whoever made it says later that what was claimed exists (commit) or doesn't
(release); when nobody does in time it expires, so that what was lost on the way doesn't count for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from services.tenants import published
from services.tenants.domain import plans, quotas
from services.tenants.domain.projects import ancestors
from services.tenants.domain.quotas import ReservationState, Transition
from services.tenants.domain.tenants import State, check_active
from services.tenants.models import Reservation
from services.tenants.operations.quotas import figures, store
from services.tenants.ports import Ports
from services.tenants.repository import ReservationConflict, projects, reservations, tenants
from services.tenants.repository import quotas as quota_rows
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant, service_context
from shared.kernel.logs import logger
from shared.kernel.preconditions import EntityTags
from shared.kernel.tracing import Work
from shared.utils.ids import new_id
from shared.utils.pagination import Page, PageRequest

EXPIRY_BATCH = 500
"""Claims that one pass expires at most; those left over are the next pass's."""

log = logger("tenants.reservations")


def reserve(
    ports: Ports, resource: str, amount: int, reservation_id: str, project_id: str | None = None
) -> Reservation:
    """Claim an amount of a resource for the tenant, and within it for a project and all projects above it.

    The same claim under the same name is made once, however often it is asked for; one that has expired in between is
    made anew, one that was released never again: whoever asks would take it for held. Raises QuotaExceeded,
    TenantNotActive, ReservationConflict, ReservationFinished, UnknownResource, or NotFound for the project.
    """
    plans.check_resource(resource)
    tenant = tenants.get(current_tenant(), lock=True) if project_id is not None else tenants.standing()
    check_active(State(tenant.state))
    rows = quota_rows.lock(resource, _line(project_id))
    known = reservations.find(reservation_id)
    if known is not None:
        if (known.resource, known.amount, known.project_id) != (resource, amount, project_id):
            raise ReservationConflict(f"{reservation_id} stands for {known.amount} of {known.resource}")
        if quotas.is_held(ReservationState(known.state)):
            return known
    for row in rows:
        store(row, figures(row).reserve(amount))
    expires_at = ports.clock.now() + timedelta(seconds=ports.settings.reservation_seconds)
    if known is not None:
        known.state, known.expires_at = ReservationState.RESERVED, expires_at
        reservation = reservations.save(known)
    else:
        reservation = reservations.add(
            Reservation(
                id=new_id("qr"),
                tenant_id=tenant.id,
                reservation_id=reservation_id,
                resource=resource,
                amount=amount,
                project_id=project_id,
                state=ReservationState.RESERVED,
                expires_at=expires_at,
            )
        )
    published.reservation_reserved(reservation)
    return reservation


def commit(reservation_id: str, expected: EntityTags | None = None) -> Reservation:
    """Note that the claimed resource exists. Raises VersionConflict, or ReservationFinished after a release.

    After an expiry the claim counts again, even above the limit: what exists counts.
    """
    return _settle(reservation_id, _by_state(quotas.commit), published.reservation_committed, expected)


def release(reservation_id: str, expected: EntityTags | None = None) -> Reservation:
    """Give a claim back, whether its resource is gone or was never made; allowed in every state of the tenant.

    Raises VersionConflict.
    """
    return _settle(reservation_id, _by_state(quotas.release), published.reservation_released, expected)


def unchanged(ports: Ports, resource: str, seconds: int, page: PageRequest) -> Page[Reservation]:
    """Claims on a resource that aren't released and haven't changed for so long, of all tenants for the platform.

    They are what a service compares with what exists. Raises UnknownResource.
    """
    plans.check_resource(resource)
    return reservations.unchanged_since(ports.clock.now() - timedelta(seconds=seconds), resource, page)


class ReservationExpiry:
    """Expires claims that nobody settled in time, whoever's they are."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def run(self) -> int:
        """One pass; how many claims expired. Each is a transaction of its own: one that fails delays no other."""
        ports = self._ports
        due = ports.transactions.run(lambda _: reservations.due(ports.clock.now(), EXPIRY_BATCH))
        expired = 0
        for tenant_id, reservation_id in due:
            with service_context(
                ports.settings.service_name, tenant_id, ports.clock, work=Work("expire a reservation")
            ):
                try:
                    expired += ports.transactions.run(partial(self._expire, reservation_id))
                except Exception:
                    log.exception("a reservation could not expire; it is tried again", reservation_id=reservation_id)
        return expired

    def _expire(self, reservation_id: str, _connection: Any) -> bool:
        """Judged anew under the locks: a commit, a release or another instance may have been quicker."""
        now = self._ports.clock.now()

        def rule(claim: Reservation) -> Transition:
            return quotas.expire(ReservationState(claim.state), claim.expires_at, now)

        return _settle(reservation_id, rule, published.reservation_expired).state == ReservationState.EXPIRED


def _settle(
    reservation_id: str,
    rule: Callable[[Reservation], Transition],
    tell: Callable[[Reservation], None],
    expected: EntityTags | None = None,
) -> Reservation:
    reservation = reservations.named(reservation_id)
    if reservation.project_id is not None:
        tenants.get(current_tenant(), lock=True)
    rows = quota_rows.lock(reservation.resource, _line(reservation.project_id))
    reservation.refresh_from_db()
    check_version(reservation, expected)
    transition = rule(reservation)
    if transition.state == reservation.state:
        return reservation
    if not transition.changes_nothing:
        for row in rows:
            store(row, figures(row).settle(transition, reservation.amount))
    reservation.state = transition.state
    reservations.save(reservation)
    tell(reservation)
    return reservation


def _by_state(rule: Callable[[ReservationState], Transition]) -> Callable[[Reservation], Transition]:
    return lambda claim: rule(ReservationState(claim.state))


def _line(project_id: str | None) -> list[str]:
    """A project and the projects above it. Raises NotFound for a project that isn't the tenant's."""
    if project_id is None:
        return []
    return [projects.get(project_id).id, *ancestors(projects.parents(), project_id)]
