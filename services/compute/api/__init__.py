"""End points of compute."""

from services.compute.api import faults, flavors, hosts, instances, migrations, providers, server_groups, usage, zones

ROUTERS = [
    instances.router,
    migrations.router,
    server_groups.router,
    usage.router,
    zones.router,
    flavors.router,
    providers.router,
    hosts.router,
    faults.router,
]
