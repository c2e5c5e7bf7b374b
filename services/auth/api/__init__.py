"""End points of the auth service: parse, call an operation, return."""

from __future__ import annotations

from django.urls import URLPattern

from services.auth.api import api_keys, grants, me, service_accounts, signing_keys, tokens, totp, users
from services.auth.ports import Ports

PARTS = (tokens, signing_keys, me, totp, users, service_accounts, api_keys, grants)


def routes(ports: Ports) -> list[URLPattern]:
    """All routes of the service."""
    return [route for part in PARTS for route in part.routes(ports)]
