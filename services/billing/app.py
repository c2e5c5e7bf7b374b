"""Composition root of the billing service."""

from __future__ import annotations

from services.billing.ports import Ports
from services.billing.settings import Settings
from shared.utils.clock import system_clock
from shared.web.django import configure, create_service

settings = Settings()
configure("billing", settings)

from services.billing import api  # noqa: E402 - models load only after Django is configured
from services.billing.handlers import handlers  # noqa: E402

ports = Ports(clock=system_clock(settings.clock_file))
service = create_service(settings, ports, routes=api.routes(ports), handlers=handlers(ports))
