"""Which services the platform has: the folders under `services/` that hold an application."""

from __future__ import annotations

from pathlib import Path

from environment.packaged.archive import note

_PACKAGED = note()
SERVICES = (
    _PACKAGED.services
    if _PACKAGED
    else tuple(sorted(app.parent.name for app in (Path(__file__).parents[1] / "services").glob("*/app.py")))
)
"""In the order of the alphabet. (`shared.services` knows more, and importing `shared` loads every client library.)"""
