"""Composition of network."""

from __future__ import annotations

from services.network.settings import Settings
from shared.web.django import configure, create_service

settings = Settings()
configure("network", settings)

from services.network import events  # noqa: E402 - models need Django to be configured
from services.network.operations.addresses import UsageMeter  # noqa: E402

service = create_service(
    settings, handlers=events.HANDLERS, background=[UsageMeter(settings.metering_interval_seconds)]
)
