"""Whether a kept connection is still there, without asking the server."""

from __future__ import annotations

import select
from typing import Any


def has_ended(connection: Any) -> bool:
    """Whether a psycopg2 connection on which nothing is being done has been closed, by either side.

    A server says nothing on an idle connection but that it ends it; an end or a reset makes the socket readable, too.
    A query would tell no more: where the network is silent, it waits as long as the one that is to follow. Costs a
    system call, where a query costs two processes a change of context and the server its work.
    """
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
