"""Transactions of a Django service, for what runs outside of requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import close_old_connections, connection, transaction

T = TypeVar("T")


class DjangoTransactions:
    """Runs work in transactions; it gets Django's connection."""

    def run(self, work: Callable[[Any], T]) -> T:
        """`work(connection)` in one transaction: committed when it returns, rolled back when it raises."""
        close_old_connections()
        with transaction.atomic():
            return work(connection)
