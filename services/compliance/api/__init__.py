"""End points of compliance: parse, call an operation, return."""

from __future__ import annotations

from django.urls import URLPattern

from services.compliance.api import audits, evaluations, exemptions, policies, resources
from services.compliance.ports import Ports


def routes(ports: Ports) -> list[URLPattern]:
    """All of the service's routes."""
    return [
        *policies.routes(ports),
        *evaluations.routes(ports),
        *exemptions.routes(ports),
        *audits.routes(ports),
        *resources.routes(ports),
    ]
