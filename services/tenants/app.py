"""Composition root of the tenants service."""

from __future__ import annotations

from types import SimpleNamespace

from services.tenants.settings import Settings
from shared.utils.clock import system_clock
from shared.web.django import configure, create_service

settings = Settings()
configure("tenants", settings)

from services.tenants import api  # noqa: E402
from services.tenants.events import HANDLERS  # noqa: E402 - Django's models load only after it is configured

service = create_service(
    settings, SimpleNamespace(clock=system_clock(settings.clock_file)), routes=api.urlpatterns, handlers=HANDLERS
)
