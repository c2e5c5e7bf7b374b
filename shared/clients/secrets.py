"""The secrets service: reading a secret."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from shared.clients.facade import Facade


class SecretsClient(Facade):
    """Typed calls to secrets. What comes back must go into no log, event or error."""

    service = "secrets"

    def read(self, path: str, *, version: int | None = None, tenant_id: str | None = None) -> dict[str, Any]:
        """A secret's version, the newest by default. Raises NotFound, and ServiceUnavailable while sealed."""
        params = {} if version is None else {"version": version}
        answer: dict[str, Any] = self._client.get(
            f"/v1/secrets/{quote(path.strip('/'))}", params=params, tenant_id=tenant_id
        )
        return answer
