"""The config service: the effective configuration of an environment."""

from __future__ import annotations

from typing import Any

from shared.clients.facade import Facade


class ConfigClient(Facade):
    """Typed calls to config."""

    service = "config"

    def effective(self, environment: str, *, tenant_id: str | None = None) -> dict[str, Any]:
        """The tenant's configuration in an environment, all layers merged. Raises NotFound."""
        answer: dict[str, Any] = self._client.get(
            "/v1/effective", params={"environment": environment}, tenant_id=tenant_id
        )
        return answer
