"""Composition root of the billing service."""

from __future__ import annotations

from services.billing.settings import Settings
from shared.web.django import configure, create_service

settings = Settings()
configure("billing", settings)

from services.billing.events import HANDLERS  # noqa: E402 - models load only after Django is configured

service = create_service(settings, handlers=HANDLERS)
