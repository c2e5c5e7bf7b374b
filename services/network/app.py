"""Composition of network."""

from __future__ import annotations

from services.network.ports import Ports
from services.network.settings import Settings
from shared.clients.tenants import TenantsClient
from shared.infra.db.django_transactions import DjangoTransactions
from shared.infra.periodic import Periodic
from shared.metering import usage_meter
from shared.quotas import Quotas, QuotaSweep
from shared.utils.clock import system_clock
from shared.web.django import configure, create_service

settings = Settings()
configure("network", settings)

from services.network import api  # noqa: E402 - models load only after Django is configured
from services.network.handlers import COUNTED, handlers  # noqa: E402
from services.network.operations import addresses, translations, usage  # noqa: E402
from services.network.repository import held_reservations, tenants_metered_before  # noqa: E402

clock = system_clock(settings.clock_file)
tenants = TenantsClient.connect(settings, clock)
ports = Ports(clock=clock, quotas=Quotas(tenants), public_network=settings.public_network)
transactions = DjangoTransactions()
meter = usage_meter(
    "network",
    clock,
    transactions,
    settings.metering_interval_seconds,
    due=lambda _connection, before: tenants_metered_before(before),
    flush=lambda _connection: usage.flush(ports),
)
sweep = QuotaSweep(
    "network",
    tenants,
    clock,
    [resource for kind in COUNTED for resource in kind.resources],
    lambda ids: transactions.run(lambda _connection: held_reservations(ids)),
)


def drop_ended_connections() -> None:
    """Drop what NAT gateways need to follow no longer, a batch a transaction."""
    while transactions.run(lambda _connection: translations.sweep(ports)):
        pass


def note_rested_addresses() -> None:
    """Note which released addresses may be handed out again, a batch a transaction."""
    while transactions.run(lambda _connection: addresses.sweep(ports)):
        pass


service = create_service(
    settings,
    ports,
    routes=api.routes(ports),
    handlers=handlers(ports),
    background=[
        meter,
        Periodic("quota-sweep", settings.quota_sweep_interval_seconds, sweep.run),
        Periodic("nat-sweep", settings.nat_sweep_interval_seconds, drop_ended_connections),
        Periodic("address-sweep", settings.address_sweep_interval_seconds, note_rested_addresses),
    ],
)
