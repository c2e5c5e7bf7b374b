"""End points of dns: parse, call an operation, return. A file for each noun of the URLs."""

from __future__ import annotations

from django.urls import URLPattern

from services.dns.api import records, resolution, usage, zonefile, zones
from services.dns.ports import Ports


def routes(ports: Ports) -> list[URLPattern]:
    """All end points."""
    nouns = (zones, records, zonefile, resolution, usage)
    return [route for noun in nouns for route in noun.routes(ports)]
