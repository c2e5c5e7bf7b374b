"""Reserving around the making of something, and settling afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace

from shared.clients.tenants import TenantsClient
from shared.errors import Conflict, NotFound, OmniCloudError
from shared.kernel.context import current_or_none, use_context
from shared.kernel.logs import logger
from shared.quotas.claims import Claim
from shared.utils.deadline import Deadline

GIVE_BACK_SECONDS = 3.0
"""What giving back may take beside the request's own budget: most requests that fail late have none left."""
RELEASED = "reservation_released"
"""How the tenants service refuses what was released: it is never held again under that name."""

log = logger("shared.quotas")


class Quotas:
    """The quotas of the context's tenant. Every call may be repeated."""

    def __init__(self, tenants: TenantsClient) -> None:
        self._tenants = tenants

    @contextmanager
    def reserved(self, *claims: Claim) -> Iterator[None]:
        """Reserve for the block, and give back when it fails. Raises QuotaExceeded or ServiceUnavailable.

        What the block makes is committed later, by the event that tells of it (`settlements`): a transaction that
        fails after the block leaves reservations that expire by themselves.
        """
        with ExitStack() as undo:
            undo.callback(self._give_back, [wanted.reservation_id for wanted in claims])
            for wanted in claims:
                self._tenants.reserve(wanted.resource, wanted.amount, wanted.reservation_id)
            yield
            undo.pop_all()

    def commit(self, reservation_ids: Iterable[str]) -> None:
        """What was reserved exists. One that was released stays so: what it stood for has come and gone."""
        for reservation_id in reservation_ids:
            try:
                self._tenants.commit(reservation_id)
            except Conflict as error:
                if error.code != RELEASED:
                    raise

    def release(self, reservation_ids: Iterable[str]) -> None:
        """What was reserved is gone, or never came to be. A reservation that nobody knows is left alone."""
        for reservation_id in reservation_ids:
            with suppress(NotFound):
                self._tenants.release(reservation_id)

    def _give_back(self, reservation_ids: Iterable[str]) -> None:
        """Release on the way out of a failure. That failure is what the caller hears of; the rest expires.

        The failure may be that the request's time is used up, so giving back has a budget of its own.
        """
        try:
            with _time_of_its_own():
                self.release(reservation_ids)
        except OmniCloudError as error:
            log.warning("a reservation is left to expire", error=error.detail)


def _time_of_its_own() -> AbstractContextManager[object]:
    """The present context, if there is one, with a budget of `GIVE_BACK_SECONDS`."""
    context = current_or_none()
    if context is None:
        return nullcontext()
    return use_context(replace(context, deadline=Deadline.after(GIVE_BACK_SECONDS, context.clock)))
