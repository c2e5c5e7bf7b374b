"""Composition of dns."""

from __future__ import annotations

from services.dns.settings import Settings
from shared.web.django import configure, create_service

settings = Settings()
configure("dns", settings)

from services.dns import events  # noqa: E402 - models need Django to be configured

service = create_service(settings, handlers=events.HANDLERS)
