"""Composition root of the secrets service."""

from __future__ import annotations

from services.secrets.settings import Settings
from shared.infra.periodic import Periodic
from shared.web.django import configure, create_service

settings = Settings()
configure("secrets", settings)

from services.secrets import lease_operations  # noqa: E402 - models load only after Django is configured
from services.secrets.events import HANDLERS  # noqa: E402
from services.secrets.state import store  # noqa: E402

service = create_service(
    settings,
    handlers=HANDLERS,
    checks={"vault": lambda: store().check()},
    background=[Periodic("ended-leases", settings.lease_sweep_seconds, lease_operations.sweep)],
)
