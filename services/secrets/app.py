"""Composition root of the secrets service."""

from __future__ import annotations

from types import SimpleNamespace

from services.secrets.settings import Settings
from shared.infra.periodic import Periodic
from shared.utils.clock import system_clock
from shared.web.django import configure, create_service

settings = Settings()
configure("secrets", settings)

from services.secrets import api, lease_operations  # noqa: E402
from services.secrets.events import HANDLERS  # noqa: E402
from services.secrets.state import store  # noqa: E402

service = create_service(
    settings,
    SimpleNamespace(clock=system_clock(settings.clock_file)),
    routes=api.urlpatterns,
    handlers=HANDLERS,
    checks={"vault": lambda: store().check()},
    background=[Periodic("ended-leases", settings.lease_sweep_seconds, lease_operations.sweep)],
)
