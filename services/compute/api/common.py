"""What the end points share."""

from __future__ import annotations

READ, WRITE = "compute:read", "compute:write"
OPERATORS = "operators"
"""The tag of what only platform operators may do."""
