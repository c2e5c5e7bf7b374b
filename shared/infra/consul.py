"""The connection to Consul, and the rule of its blocking queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import consul
import requests

from shared.errors import ServiceUnavailable
from shared.settings import ServiceSettings, split_address

CALL_TIMEOUT_SECONDS = 5.0
"""Beyond the time a blocking query waits on purpose."""


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
        raise ConsulRefused(f"Consul refuses the token: {error}") from error
    except (consul.ConsulException, requests.RequestException) as error:
        raise ConsulUnavailable(f"Consul is unavailable: {error}") from error
