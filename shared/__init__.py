"""What the fifteen services share: events, clients, infrastructure adapters, utilities and the web layer."""

from shared import clients, infra

__all__ = ["clients", "infra"]
