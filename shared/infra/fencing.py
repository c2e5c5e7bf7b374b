"""Fencing tokens: what protects a resource from a holder that doesn't know yet that it lost its lock.

The rule is Kleppmann's ("How to do distributed locking", 2016): the lock service hands out a number that grows with
every grant, every write carries it, and the resource refuses a number older than one it has already seen.
"""

from __future__ import annotations

import threading

from shared.errors import Conflict


class StaleFencingToken(Conflict):
    """A write by a holder that has been superseded."""

    code = "stale_fencing_token"


def check_token(highest: int, token: int) -> int:
    """The highest token after admitting `token`; the same holder may write many times.

    Raises StaleFencingToken when a newer holder has already written. A resource kept in a database stores the result
    in the row it protects, in the transaction of the write, with the row locked.
    """
    if token < highest:
        raise StaleFencingToken(f"token {token} is older than {highest}", token=token, highest=highest)
    return token


class FencingGuard:
    """The rule for a resource that lives in this process; safe to use from several threads."""

    def __init__(self, highest: int = 0) -> None:
        self._highest = highest
        self._lock = threading.Lock()

    @property
    def highest(self) -> int:
        """The newest token that was admitted."""
        return self._highest

    def admit(self, token: int) -> int:
        """Let a write with this token through. Raises StaleFencingToken."""
        with self._lock:
            self._highest = check_token(self._highest, token)
            return self._highest
