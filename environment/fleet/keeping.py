"""What a fleet does with templates, and with all else that is prepared once for many fleets."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from environment.fleet.errors import FleetError

VARIABLE = "OMNICLOUD_TEMPLATES"


class Mode(StrEnum):
    """What a fleet does with templates. A template tells of its inputs what the jobs themselves reported, so only
    trees that the caller vouches for may write: another's code could report whatever it likes."""

    WRITE = "write"
    READ = "read"
    OFF = "off"


def mode(variables: Mapping[str, str]) -> Mode:
    """By OMNICLOUD_TEMPLATES; write unless it says otherwise. Raises FleetError for any other word."""
    text = variables.get(VARIABLE) or Mode.WRITE
    try:
        return Mode(text)
    except ValueError:
        raise FleetError(f"{VARIABLE}={text} is no mode", f"Use {', '.join(Mode)}, or unset it.") from None
