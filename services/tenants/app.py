"""Composition root of the tenants service."""

from __future__ import annotations

from services.tenants.settings import Settings
from shared.infra.db.django_transactions import DjangoTransactions
from shared.infra.periodic import Periodic
from shared.utils.clock import system_clock
from shared.web.django import configure, create_service

settings = Settings()
configure("tenants", settings)

from services.tenants import api  # noqa: E402 - models load only after Django is configured
from services.tenants.operations.reservations import ReservationExpiry  # noqa: E402
from services.tenants.ports import Ports  # noqa: E402

ports = Ports(settings, system_clock(settings.clock_file), DjangoTransactions())
expiry = Periodic("reservation-expiry", settings.reservation_expiry_interval_seconds, ReservationExpiry(ports).run)
service = create_service(settings, ports, routes=api.routes(ports), background=[expiry])
