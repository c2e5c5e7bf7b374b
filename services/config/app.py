"""Composition root of the config service."""

from __future__ import annotations

from services.config.settings import Settings
from shared.web.django import configure, create_service

settings = Settings()
configure("config", settings)

from services.config.events import HANDLERS  # noqa: E402 - models load only after Django is configured

service = create_service(settings, handlers=HANDLERS)
