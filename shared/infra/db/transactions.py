"""Run an event handler and its inbox row in one transaction, on either ORM."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from shared.infra.db.sqlalchemy import SessionFactory

T = TypeVar("T")


class SqlAlchemyTransactions:
    """Transactions of a FastAPI service; the handler gets the session."""

    def __init__(self, sessions: SessionFactory) -> None:
        self._sessions = sessions

    def run(self, work: Callable[[Any], T]) -> T:
        """`work(session)` in one transaction: committed when it returns, rolled back when it raises."""
        with self._sessions() as session, session.begin():
            return work(session)


class DjangoTransactions:
    """Transactions of a Django service; the handler gets Django's connection."""

    def run(self, work: Callable[[Any], T]) -> T:
        """`work(connection)` in one transaction: committed when it returns, rolled back when it raises."""
        from django.db import close_old_connections, connection, transaction

        close_old_connections()
        with transaction.atomic():
            return work(connection)
