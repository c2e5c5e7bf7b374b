"""Composition of network."""

from __future__ import annotations

from types import SimpleNamespace

from services.network.settings import Settings
from shared.utils.clock import system_clock
from shared.web.django import configure, create_service

settings = Settings()
configure("network", settings)

from services.network import api, events  # noqa: E402
from services.network.operations.addresses import UsageMeter  # noqa: E402

service = create_service(
    settings,
    SimpleNamespace(clock=system_clock(settings.clock_file)),
    routes=api.urlpatterns,
    handlers=events.HANDLERS,
    background=[UsageMeter(settings.metering_interval_seconds)],
)
