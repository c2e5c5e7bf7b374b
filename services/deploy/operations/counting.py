"""Deployments under way count towards their tenant's quota, from their request until they have ended.

Only the API begins any, so its ports alone have the quotas: workers and controllers move on what is counted already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from services.deploy.ports import Ports
from shared.quotas import Quotas


@dataclass(frozen=True)
class CountingPorts(Ports):
    """What the operations of the API need."""

    quotas: Quotas

    @classmethod
    def of(cls, ports: Ports, quotas: Quotas) -> Self:
        """A process's ports, with the quotas that it settles."""
        return cls(**vars(ports), quotas=quotas)
