"""The start of authority of a zone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Soa:
    """RFC 1035 §3.3.13; times in seconds."""

    primary: str
    mailbox: str
    serial: int
    refresh: int
    retry: int
    expire: int
    minimum: int
    ttl: int

    def data(self) -> str:
        """The record's data in presentation form."""
        times = f"{self.serial} {self.refresh} {self.retry} {self.expire} {self.minimum}"
        return f"{self.primary} {self.mailbox} {times}"


def negative_ttl(soa: Soa) -> int:
    """How long "there is no such name" may be remembered: the lesser of the SOA's minimum and own TTL (RFC 2308 §5)."""
    return min(soa.minimum, soa.ttl)
