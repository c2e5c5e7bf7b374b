"""Redis as the workers' broker: kombu's transport, with what it needs to outlive the broker's death."""

from __future__ import annotations

from typing import Any

from kombu.transport import redis as kombu_redis
from redis.exceptions import ConnectionError as BrokerLost


class Channel(kombu_redis.Channel):
    """A channel whose connection is gone says so by the error that its callers expect.

    Celery closes a lost connection, and closing it asks the channel to give back what wasn't acknowledged, which needs
    a connection. Kombu takes its address from what has just been closed, and the AttributeError ends the worker.
    """

    def _connparams(self, *args: Any, **kwargs: Any) -> Any:
        if self.connection.client is None:
            raise BrokerLost("the connection to the broker is closed")
        return super()._connparams(*args, **kwargs)


class Transport(kombu_redis.Transport):
    """Redis, through such channels."""

    Channel = Channel
