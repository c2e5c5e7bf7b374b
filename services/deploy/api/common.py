"""What the end points share."""

from __future__ import annotations

READ, WRITE = "deploy:read", "deploy:write"
