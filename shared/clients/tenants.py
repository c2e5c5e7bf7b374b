"""The tenants service: organisations, projects and quotas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.clients.facade import Facade, segment
from shared.kernel.identity import PLATFORM_TENANT
from shared.utils.ids import new_id


class TenantsClient(Facade):
    """Typed calls to tenants. All raise NotFound for what the tenant doesn't have, and ServiceUnavailable."""

    service = "tenants"

    def tenant(self, tenant_id: str, *, timeout: float | None = None) -> dict[str, Any]:
        """A tenant with `state` (active, suspended, closed), `plan`, `slug` and `version`; within so many seconds."""
        path = f"/v1/tenants/{segment(tenant_id)}"
        answer: dict[str, Any] = self._client.get(path, tenant_id=tenant_id, timeout=timeout)
        return answer

    def project(self, project_id: str, *, tenant_id: str | None = None) -> dict[str, Any]:
        """A project of the tenant."""
        answer: dict[str, Any] = self._client.get(f"/v1/projects/{segment(project_id)}", tenant_id=tenant_id)
        return answer

    def reserve(
        self,
        resource: str,
        amount: int,
        reservation_id: str,
        *,
        project_id: str | None = None,
        tenant_id: str | None = None,
    ) -> dict[str, Any]:
        """Set an amount of a counted resource aside, until it is committed or released, or expires.

        The same reservation twice is one: the identifier makes the call repeatable. One that has expired is made anew.
        Raises QuotaExceeded, and Conflict for an identifier that was used with other content.
        """
        body = {"resource": resource, "amount": amount, "reservation_id": reservation_id}
        if project_id is not None:
            body["project_id"] = project_id
        answer: dict[str, Any] = self._client.post(
            "/v1/quota/reservations", body, idempotency_key=_key_of_one_call(), tenant_id=tenant_id
        )
        return answer

    def commit(self, reservation_id: str, *, tenant_id: str | None = None) -> dict[str, Any]:
        """What was reserved exists now. May be repeated. An expired reservation counts again, even above the limit."""
        return self._settle(reservation_id, "commit", tenant_id)

    def release(self, reservation_id: str, *, tenant_id: str | None = None) -> dict[str, Any]:
        """What was reserved, or existed, is gone. May be repeated; the amount comes back once."""
        return self._settle(reservation_id, "release", tenant_id)

    def reservation_pages(self, resource: str, *, unchanged_for_seconds: int) -> Iterator[list[dict[str, Any]]]:
        """Pages of all tenants' reservations of a resource that aren't released and haven't changed for so long.

        Each has `tenant_id`, `reservation_id`, `amount` and `state` (reserved, committed, expired).
        """
        params = {"resource": resource, "unchanged_for_seconds": unchanged_for_seconds}
        while True:
            answer = self._client.get("/v1/reservations", params=params, tenant_id=PLATFORM_TENANT)
            yield answer["items"]
            if answer["next_cursor"] is None:
                return
            params["cursor"] = answer["next_cursor"]

    def _settle(self, reservation_id: str, step: str, tenant_id: str | None) -> dict[str, Any]:
        answer: dict[str, Any] = self._client.post(
            f"/v1/quota/reservations/{segment(reservation_id)}/{step}",
            idempotency_key=_key_of_one_call(),
            tenant_id=tenant_id,
        )
        return answer


def _key_of_one_call() -> str:
    """A key for the attempts of one call only.

    The reservation's identifier makes the steps repeatable, and a reservation can come to the same step twice (reserved
    again after it expired): an answer saved under that identifier would hide that the second one never took place.
    """
    return new_id("key")
