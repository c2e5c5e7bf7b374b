"""Composition root of the auth service."""

from __future__ import annotations

from types import SimpleNamespace

from services.auth.settings import Settings
from shared.utils.clock import system_clock
from shared.web.django import configure, create_service

settings = Settings()
configure("auth", settings)

from services.auth import api  # noqa: E402
from services.auth.bootstrap import OperatorBootstrap  # noqa: E402 - models load only after Django is configured
from services.auth.events import TenantFollower  # noqa: E402

service = create_service(
    settings,
    SimpleNamespace(clock=system_clock(settings.clock_file)),
    routes=api.urlpatterns,
    handlers=TenantFollower(system_clock(settings.clock_file)).handlers(),
    background=[OperatorBootstrap(settings)],
)
