"""What the end of a tenant does to its zones."""

from __future__ import annotations

from services.dns.operations import zones
from services.dns.ports import Ports
from services.dns.repository import ZoneRepository


def delete_all(ports: Ports) -> None:
    """Remove all zones of the context's tenant, with all that is in them."""
    for zone in ZoneRepository().locked():
        zones.end(ports, zone)
