"""Composition root of the audit service."""

from __future__ import annotations

from types import SimpleNamespace

from services.audit.settings import Settings
from shared.utils.clock import system_clock
from shared.web.django import configure, create_service
from shared.web.health import tcp_check

settings = Settings()
configure("audit", settings)

from services.audit import api  # noqa: E402
from services.audit.checkpoints import CheckpointWriter  # noqa: E402 - models load only after Django is configured
from services.audit.events import HANDLERS  # noqa: E402
from services.audit.state import checkpoint_store  # noqa: E402

service = create_service(
    settings,
    SimpleNamespace(clock=system_clock(settings.clock_file)),
    routes=api.urlpatterns,
    handlers=HANDLERS,
    checks={"object_store": tcp_check(settings.s3_endpoint)},
    background=[CheckpointWriter(checkpoint_store(), settings.checkpoint_interval_seconds)],
)
