"""How much of the gateway one caller has at a time: requests under way, so that nobody holds all of its connections,
and bytes of their bodies in files, so that nobody fills its disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.errors import TooManyRequests


class Shares:
    """Counts what is under way by caller; each gateway for itself."""

    def __init__(self, most: int, most_bytes: int) -> None:
        """`most` requests of a caller, and `most_bytes` of their bodies in files."""
        self._most = most
        self._most_bytes = most_bytes
        self._under_way: Counter[str] = Counter()
        self._in_files: Counter[str] = Counter()

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

    @contextmanager
    def room(self, caller: str) -> Iterator[Callable[[int], None]]:
        """Room for one body in a file, as long as the block lasts. What is yielded is told how many bytes the body has
        at least, as often as that is known anew; it raises TooManyRequests when there is no room for them."""
        taken = 0

        def reach(size: int) -> None:
            nonlocal taken
            more = size - taken
            if more <= 0:
                return
            if self._in_files[caller] + more > self._most_bytes:
                raise TooManyRequests(f"at most {self._most_bytes} bytes may be uploaded at a time", retry_after=1)
            self._in_files[caller] += more
            taken = size

        try:
            yield reach
        finally:
            self._in_files[caller] -= taken
            if not self._in_files[caller]:
                del self._in_files[caller]
