"""The network service: VPCs and subnets."""

from __future__ import annotations

from typing import Any

from shared.clients.facade import Facade, segment


class NetworkClient(Facade):
    """Typed calls to network."""

    service = "network"

    def vpc(self, vpc_id: str, *, tenant_id: str | None = None) -> dict[str, Any]:
        """A VPC of the tenant. Raises NotFound."""
        answer: dict[str, Any] = self._client.get(f"/v1/vpcs/{segment(vpc_id)}", tenant_id=tenant_id)
        return answer

    def subnet(self, subnet_id: str, *, tenant_id: str | None = None) -> dict[str, Any]:
        """A subnet of the tenant. Raises NotFound."""
        answer: dict[str, Any] = self._client.get(f"/v1/subnets/{segment(subnet_id)}", tenant_id=tenant_id)
        return answer
