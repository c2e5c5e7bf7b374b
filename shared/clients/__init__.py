"""Typed clients of the services: discovery, deadlines, retries, circuit breakers and context in one place."""

from shared.clients.http import ServiceClient

__all__ = ["ServiceClient"]
