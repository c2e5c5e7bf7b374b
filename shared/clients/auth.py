"""The auth service: token keys and introspection."""

from __future__ import annotations

from typing import Any

from shared.clients.facade import Facade
from shared.kernel.identity import PLATFORM_TENANT


class AuthClient(Facade):
    """Typed calls to auth."""

    service = "auth"

    def jwks(self) -> dict[str, Any]:
        """The JSON Web Key Set under which access tokens are signed (RFC 7517)."""
        answer: dict[str, Any] = self._client.get("/v1/jwks", tenant_id=PLATFORM_TENANT)
        return answer

    def introspect(self, token: str) -> dict[str, Any]:
        """`active`, and a token's claims when it is (RFC 7662)."""
        answer: dict[str, Any] = self._client.post("/v1/tokens/introspect", {"token": token}, tenant_id=PLATFORM_TENANT)
        return answer
