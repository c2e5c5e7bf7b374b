"""Composition root of the tenants service."""

from __future__ import annotations

from services.tenants.settings import Settings
from shared.web.django import configure, create_service

settings = Settings()
configure("tenants", settings)

from services.tenants.events import HANDLERS  # noqa: E402 - Django's models load only after it is configured

service = create_service(settings, handlers=HANDLERS)
