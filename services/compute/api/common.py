"""What the end points share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

READ, WRITE = "compute:read", "compute:write"
OPERATORS = "operators"
"""The tag of what only platform operators may do."""

Id = Annotated[str, Path(max_length=255, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""Parameter type: an identifier or a catalogue's name in the path. What can be none isn't looked for."""
