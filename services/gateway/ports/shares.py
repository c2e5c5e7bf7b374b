"""How much of the gateway one caller has at a time: requests under way, so that nobody holds all of its connections,
and bytes of their bodies in files, so that nobody fills its disk alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

from shared.errors import TooManyRequests
from shared.infra.bulkhead import TooManyAtOnce
from shared.web.crowds import Crowds

PATIENCE_SECONDS = 2.0
"""How long a request waits at its caller's limit. A crowd of clients that begin at the same moment, as the rate limit
allows them to, is answered in less."""
STRANGERS_TOGETHER = 4
"""How many times the bytes of one caller all without a token may have in files: addresses cost them nothing."""


class Shares:
    """Counts what is under way by caller; each gateway for itself."""

    def __init__(self, most: int, most_bytes: int) -> None:
        """`most` requests of a caller, and `most_bytes` of their bodies in files."""
        self._most = most
        self._most_bytes = most_bytes
        self._crowds = Crowds(most, PATIENCE_SECONDS)
        self._in_files: Counter[str] = Counter()
        self._of_strangers = 0

    @asynccontextmanager
    async def taken(self, caller: str) -> AsyncIterator[None]:
        """One request, from its verification to its answer's last byte. At the limit it waits a moment for its turn,
        with nothing of it taken in; raises TooManyRequests when that doesn't come."""
        async with AsyncExitStack() as place:
            try:
                await place.enter_async_context(self._crowds.turn(caller))
            except TooManyAtOnce as error:
                raise TooManyRequests(
                    f"at most {self._most} requests may be under way at a time", retry_after=1
                ) from error
            yield

    @contextmanager
    def room(self, caller: str, known: bool) -> Iterator[Callable[[int, int], None]]:
        """Room for one body in a file, as long as the block lasts. What is yielded is told how many bytes the body has
        at least, and how many of them are here, as often as that is known anew; it raises TooManyRequests when there is
        no room for them.

        `known` says whether the caller has shown a token. What is here of all the others' bodies shares some room: not
        what they declare, or a few bytes would take all of it.
        """
        taken = arrived = 0

        def reach(size: int, here: int) -> None:
            nonlocal taken, arrived
            more, come = max(0, size - taken), 0 if known else here - arrived
            if (
                self._in_files[caller] + more > self._most_bytes
                or self._of_strangers + come > STRANGERS_TOGETHER * self._most_bytes
            ):
                raise TooManyRequests(f"at most {self._most_bytes} bytes may be uploaded at a time", retry_after=1)
            self._in_files[caller] += more
            self._of_strangers += come
            taken, arrived = taken + more, arrived + come

        try:
            yield reach
        finally:
            self._of_strangers -= arrived
            self._in_files[caller] -= taken
            if not self._in_files[caller]:
                del self._in_files[caller]
