"""What an error of the database means for the request that met it.

Classes and codes: PostgreSQL, appendix A "PostgreSQL Error Codes".
"""

from __future__ import annotations

import psycopg2

from shared.errors import Busy, OmniCloudError, ServiceUnavailable, ValidationFailed

RETRY_SECONDS = 1
DATA_EXCEPTION = "22"
LOST = frozenset({
    "25P03",  # the transaction was idle for too long: its owner was stopped
    "25006",  # read-only: a server that was or will be the primary
    "53100", "53200", "53300", "53400",  # no disk, memory, connection left
    "57P01", "57P02", "57P03", "57P05",  # it is stopped, it crashed, it starts
    "58000", "58030",
})  # fmt: skip
CONNECTION_EXCEPTION = "08"
LOCK_NOT_AVAILABLE = "55P03"
CONTENTION = frozenset({LOCK_NOT_AVAILABLE, "57014", "40001", "40P01"})
"""Waited too long for a lock; took too long; a transaction or a wait that can't be put in an order with others."""


class DatabaseUnavailable(ServiceUnavailable):
    """The database doesn't answer, or takes no changes at the moment."""

    code = "database_unavailable"


class ValueOutOfRange(ValidationFailed):
    """A value is beyond what its column can hold."""

    code = "value_out_of_range"


def refusal_of(error: BaseException) -> OmniCloudError | None:
    """The refusal that a database's error, or one that an ORM made of it, stands for; None for a fault of our own."""
    found = _driver_error(error)
    if found is None:
        return None
    code = found.pgcode
    if code is None:
        lost = isinstance(found, psycopg2.OperationalError | psycopg2.InterfaceError)
        return _away() if lost else None
    if code in LOST or code.startswith(CONNECTION_EXCEPTION):
        return _away()
    if code in CONTENTION:
        return Busy("others are changing the same; nothing was done", retry_after=RETRY_SECONDS)
    if code.startswith(DATA_EXCEPTION):
        return ValueOutOfRange("a value is beyond what can be stored")
    return None


def sqlstate_of(error: BaseException) -> str | None:
    """PostgreSQL's code for an error of the driver, or for what an ORM made of one."""
    found = _driver_error(error)
    return None if found is None else found.pgcode


def _away() -> DatabaseUnavailable:
    return DatabaseUnavailable("the database is not available now", retry_after=RETRY_SECONDS)


def _driver_error(error: BaseException) -> psycopg2.Error | None:
    """The driver's error itself: SQLAlchemy has it as `orig`, Django as the cause."""
    seen: BaseException | None = error
    for _ in range(4):
        if seen is None or isinstance(seen, psycopg2.Error):
            return seen
        seen = getattr(seen, "orig", None) or seen.__cause__
    return None
