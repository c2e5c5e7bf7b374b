"""The connection to Consul, and the rule of its blocking queries."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import consul
import requests

from shared.errors import ServiceUnavailable
from shared.settings import ServiceSettings, split_address

CALL_TIMEOUT_SECONDS = 5.0
"""Beyond the time a blocking query waits on purpose."""


class _KeptAlive(requests.adapters.HTTPAdapter):
    """Connections that the kernel probes while a blocking query waits: a lost peer is noticed within ten seconds."""

    OPTIONS = (
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 4),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 2),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    )

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """See HTTPAdapter."""
        super().init_poolmanager(*arguments, **options, socket_options=self.OPTIONS)


class ConsulUnavailable(ServiceUnavailable):
    """Consul doesn't answer or has no leader."""

    code = "consul_unavailable"


class ConsulRefused(ServiceUnavailable):
    """Consul's access control refuses our token: the ACL bootstrap hasn't been completed, or the token is wrong."""

    code = "consul_refused"


def connect(settings: ServiceSettings) -> Any:
    """A `consul.Consul` for these settings; nothing is connected yet.

    Keys are read with Consul's mode `consistent`: in the default mode, a server that has just become leader may answer
    before it has applied its log, so that after a restart keys seem to be missing.
    """
    host, port = split_address(settings.consul_http_addr)
    scheme = "https" if settings.consul_tls else "http"
    client = consul.Consul(
        host=host, port=port, scheme=scheme, consistency="consistent", connections_timeout=CALL_TIMEOUT_SECONDS
    )
    client.token = settings.consul_http_token or None
    client.http.session.trust_env = False  # A proxy of the environment is for the internet, not for the agent.
    client.http.session.mount(f"{scheme}://", _KeptAlive())
    return client


def next_index(previous: int, returned: int) -> int:
    """The index for the next blocking query.

    An index that goes backwards (a restored or replaced server) restarts at 0, or the query would wait for a future
    that has passed (Consul's documentation of blocking queries, "Implementation details").
    """
    return returned if returned >= previous else 0


@contextmanager
def translated() -> Iterator[None]:
    """Raise ConsulRefused or ConsulUnavailable for the client's own errors."""
    try:
        yield
    except consul.ACLPermissionDenied as error:
        raise ConsulRefused("Consul refuses the token") from error
    except (consul.ConsulException, requests.RequestException) as error:
        raise ConsulUnavailable(f"Consul doesn't answer: {type(error).__name__}") from error
