"""What is removed of a chain by the rules: records that are older than they are kept."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.audit.domain.gaps import Ranges


@dataclass(frozen=True)
class Removal:
    """Records up to a place that may be gone, and the numbers of what was in them by source.

    Between the first and the last of them nothing else may be missing: what is left goes up to where it says.
    """

    begins_after: int = 0
    covered: Ranges = field(default_factory=dict)


NOTHING_REMOVED = Removal()
