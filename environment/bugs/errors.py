"""The errors of the episode side. Their messages are for people and say what to do."""

from __future__ import annotations


class EpisodeError(Exception):
    """Base of everything that the episode side refuses; the command line prints it and ends with status 2."""


class DiffError(EpisodeError):
    """A diff can't be read, or doesn't fit the reference byte for byte."""


class CatalogueError(EpisodeError):
    """A patch file of the catalogue is malformed, or a bug is unknown."""


class SelectionError(EpisodeError):
    """The choice of bugs contradicts itself or can't be met."""


class ManifestError(EpisodeError):
    """The measured manifest is missing, unreadable or older than the reference."""
