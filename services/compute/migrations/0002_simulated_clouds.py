"""The zones of the simulated providers, three hosts in each.

The rows are written out here rather than read from the code, so that the migration means the same for ever.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

REGIONS = {
    "nimbus": {"nimbus-eu-1": "abc", "nimbus-us-1": "abc"},
    "stratus": {"stratus-eu-1": "ab", "stratus-us-1": "ab"},
    "cirrus": {"cirrus-eu-1": "ab", "cirrus-ap-1": "ab"},
}
HOSTS_IN_A_ZONE = 3
# total, reserved and allocation ratio in millicores, MiB and GiB: 64 cores oversold four times, 256 GiB, 8 TiB.
INVENTORY = {
    "vcpu": (64_000, 2_000, "4.0"),
    "memory_mib": (262_144, 8_192, "1.0"),
    "disk_gib": (8_192, 192, "1.0"),
}
MAX_UNIT = 2**31 - 1


def upgrade() -> None:
    zones = [
        {"name": f"{region}{letter}", "provider": provider, "region": region}
        for provider, regions in REGIONS.items()
        for region, letters in regions.items()
        for letter in letters
    ]
    hosts = [
        {"id": f"host-{zone['name']}-{number}", "zone": zone["name"], "max_instances": 500}
        for zone in zones
        for number in range(1, HOSTS_IN_A_ZONE + 1)
    ]
    inventories = [
        {
            "host_id": host["id"],
            "resource_class": resource_class,
            "total": total,
            "reserved": reserved,
            "allocation_ratio": ratio,
            "min_unit": 1,
            "max_unit": MAX_UNIT,
            "step_unit": 1,
        }
        for host in hosts
        for resource_class, (total, reserved, ratio) in INVENTORY.items()
    ]
    op.bulk_insert(_table("zones", zones[0]), zones)
    op.bulk_insert(_table("hosts", hosts[0]), hosts)
    op.bulk_insert(_table("inventories", inventories[0]), inventories)


def _table(name: str, row: dict[str, object]) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in row))
