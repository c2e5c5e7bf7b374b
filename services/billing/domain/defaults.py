"""The platform's list prices, in US dollars a unit. A tenant's own price for a meter takes precedence."""

from __future__ import annotations

from decimal import Decimal

CURRENCY = "USD"
LIST_PRICES = {
    "compute.vcpu_seconds": Decimal("0.00001250"),
    "compute.memory_mib_seconds": Decimal("0.0000000016"),
    "storage.gib_seconds": Decimal("0.0000000386"),
    "network.address_seconds": Decimal("0.0000013889"),
    "loadbalancer.seconds": Decimal("0.0000069444"),
    "dns.zone_seconds": Decimal("0.0000001929"),
}
"""A vCPU at 4.5 cents an hour, a GiB of memory at 0.6 cents, a GiB of disk at 10 cents a 30-day month, an address at
half a cent an hour, a load balancer at 2.5 cents an hour, a zone at 50 cents a 30-day month; each to ten places."""
