"""Structured logs: one JSON object a line, with correlation id, trace id and tenant."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from shared.kernel.context import current_or_none
from shared.kernel.tracing import trace_id


def _add_context(_logger: Any, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    context = current_or_none()
    if context is not None:
        event.setdefault("correlation_id", context.correlation_id)
        event.setdefault("trace_id", trace_id(context.traceparent))
        if context.identity is not None:
            event.setdefault("tenant_id", context.identity.tenant_id)
    return event


def configure_logs(service: str, level: str) -> None:
    """Send this process's log, the libraries' included, to standard output as JSON lines."""
    chain: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_context,
    ]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "urllib3", "waitress.queue", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*chain, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)


def logger(name: str) -> Any:
    """A logger whose methods take an event name and key-value pairs."""
    return structlog.stdlib.get_logger(name)
