"""End points of the secrets service: parse, call an operation, return.

Answers to GET may hold values and are never stored. Answers to mutating requests, which the idempotency layer saves,
hold none; the one exception, decryption, changes nothing and takes no Idempotency-Key.
"""

from __future__ import annotations

from django.urls import URLPattern

from services.secrets.api import keys, lease_tokens, leases, path_policies, secrets, versions
from services.secrets.ports import Ports

PARTS = (versions, secrets, keys, path_policies, lease_tokens, leases)
"""In this order: the path of a secret takes whatever follows it, so the operations on one come first."""


def routes(ports: Ports) -> list[URLPattern]:
    """All routes of the service."""
    return [route for part in PARTS for route in part.routes(ports)]
