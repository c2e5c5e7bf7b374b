"""What kinds of NAT gateways there are (EC2: connectivity types)."""

from __future__ import annotations

from enum import StrEnum


class Connectivity(StrEnum):
    """Which address the other side sees: one of the platform's public ones, or the gateway's own of its subnet."""

    PUBLIC = "public"
    PRIVATE = "private"
