"""How many requests of one caller may be under way at a time, so that nobody holds all of the gateway's connections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import TooManyRequests


class Shares:
    """Counts what is under way by caller; each gateway for itself."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def taken(self, caller: str) -> Iterator[None]:
        """One request, from its verification to its answer's last byte. Raises TooManyRequests at the limit."""
        if self._under_way[caller] >= self._most:
            raise TooManyRequests(f"at most {self._most} requests may be under way at a time", retry_after=1)
        self._under_way[caller] += 1
        try:
            yield
        finally:
            self._under_way[caller] -= 1
            if not self._under_way[caller]:
                del self._under_way[caller]
