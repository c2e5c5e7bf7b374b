"""Effects outside the database that belong to a transaction: done once it is committed, undone when it isn't."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import event
from sqlalchemy.orm import Session

from shared.errors import OmniCloudError
from shared.kernel.logs import logger

log = logger("shared.db")

Effect = Callable[[], object]


def after_commit(session: Session, effect: Effect) -> None:
    """Run an effect when the session's present transaction is committed, and never when it is rolled back.

    The answer is decided by then: an expected error of the effect is logged, and what it left open is taken up by
    whatever repairs it (a sweeper, the end of a lease).
    """
    _once(session, on="after_commit", unless="after_rollback", effect=effect)


def after_rollback(session: Session, effect: Effect) -> None:
    """Undo an effect when the session's present transaction is rolled back. Errors as for `after_commit`."""
    _once(session, on="after_rollback", unless="after_commit", effect=effect)


def _once(session: Session, *, on: str, unless: str, effect: Effect) -> None:
    ended = False

    def run(_session: Session) -> None:
        nonlocal ended
        if ended:
            return
        ended = True
        try:
            effect()
        except OmniCloudError as error:
            log.warning("effect of a transaction failed", when=on, error=error.detail)

    def forget(_session: Session) -> None:
        nonlocal ended
        ended = True

    event.listen(session, on, run)
    event.listen(session, unless, forget)
