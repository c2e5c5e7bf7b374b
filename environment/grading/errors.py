"""Whose fault it is when a grading yields no tests."""

from __future__ import annotations

from environment.bugs.errors import EpisodeError


class InfrastructureError(EpisodeError):
    """The environment's fault: no disk, no port, no pytest, a server that dies without cause. Never a reward."""


class Stopped(EpisodeError):
    """A run was told to stop, so there is no verdict."""
