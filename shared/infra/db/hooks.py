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
    """Undo an effect when the session's present transaction is rolled back. Errors as for `after_commit`.

    Never once its COMMIT was sent: one that isn't answered may have come about all the same. What is left over where it
    hasn't is found by whoever repairs it.
    """
    sent = False

    def about_to_commit(session: Session) -> None:
        nonlocal sent
        if not session.in_nested_transaction():
            session.flush()  # What fails here is still rolled back for certain.
            sent = True

    event.listen(session, "before_commit", about_to_commit)
    _once(session, on="after_rollback", unless="after_commit", effect=lambda: None if sent else effect())


def _once(session: Session, *, on: str, unless: str, effect: Effect) -> None:
    ended = False

    def run(session: Session) -> None:
        nonlocal ended
        if ended or session.in_nested_transaction():  # A savepoint's end isn't the transaction's.
            return
        ended = True
        try:
            effect()
        except OmniCloudError as error:
            log.warning("effect of a transaction failed", when=on, error=error.detail)

    def forget(session: Session) -> None:
        nonlocal ended
        ended = ended or not session.in_nested_transaction()

    event.listen(session, on, run)
    event.listen(session, unless, forget)
