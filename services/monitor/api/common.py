"""What the end points of monitor share."""

from __future__ import annotations

READ, WRITE = "monitor:read", "monitor:write"
