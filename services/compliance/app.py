"""Composition root of the compliance service."""

from __future__ import annotations

from services.compliance.settings import Settings
from shared.web.django import configure, create_service

settings = Settings()
configure("compliance", settings)

from services.compliance.events import HANDLERS  # noqa: E402 - models load only after Django is configured

service = create_service(settings, handlers=HANDLERS)
