"""Composition root of the compliance service."""

from __future__ import annotations

from types import SimpleNamespace

from services.compliance.settings import Settings
from shared.utils.clock import system_clock
from shared.web.django import configure, create_service

settings = Settings()
configure("compliance", settings)

from services.compliance import api  # noqa: E402
from services.compliance.events import HANDLERS  # noqa: E402 - models load only after Django is configured

service = create_service(
    settings, SimpleNamespace(clock=system_clock(settings.clock_file)), routes=api.urlpatterns, handlers=HANDLERS
)
