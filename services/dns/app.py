"""Composition of dns."""

from __future__ import annotations

from types import SimpleNamespace

from services.dns.settings import Settings
from shared.utils.clock import system_clock
from shared.web.django import configure, create_service

settings = Settings()
configure("dns", settings)

from services.dns import api, events  # noqa: E402

service = create_service(
    settings, SimpleNamespace(clock=system_clock(settings.clock_file)), routes=api.urlpatterns, handlers=events.HANDLERS
)
