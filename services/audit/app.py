"""Composition root of the audit service."""

from __future__ import annotations

from services.audit.settings import Settings
from shared.web.django import configure, create_service
from shared.web.health import tcp_check

settings = Settings()
configure("audit", settings)

from services.audit.checkpoints import CheckpointWriter  # noqa: E402 - models load only after Django is configured
from services.audit.events import HANDLERS  # noqa: E402
from services.audit.state import checkpoint_store  # noqa: E402

service = create_service(
    settings,
    handlers=HANDLERS,
    checks={"object_store": tcp_check(settings.s3_endpoint)},
    background=[CheckpointWriter(checkpoint_store(), settings.checkpoint_interval_seconds)],
)
