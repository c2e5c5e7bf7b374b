"""Blue/green: the new colour is built up whole beside the old one, and traffic is switched in one go."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.deploy.domain.progress import Observation, Replicas


def may_switch(wanted: int, seen: Observation) -> bool:
    """Whether the new colour can take all traffic: every one of its wanted replicas is ready."""
    return seen.new_ready >= wanted


def old_colour_expired(switched_at: datetime, keep_for: timedelta, now: datetime) -> bool:
    """Whether the old colour, kept for a quick way back, may be taken down."""
    return now - switched_at >= keep_for


def blue_green_targets(wanted: int, old: int, *, retired: bool) -> Replicas:
    """Both colours whole until the old one is retired."""
    return Replicas(old=0 if retired else old, new=wanted)
