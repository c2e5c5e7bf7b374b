"""End points of monitor: parse, call an operation, return."""

from __future__ import annotations

from services.monitor.api import alerts, evaluations, queries, rules, samples, silences

ROUTERS = [samples.router, queries.router, rules.router, evaluations.router, alerts.router, silences.router]
