"""The liveness end point of processes that serve nothing else."""

from __future__ import annotations

import http.client

import pytest

from shared.web.liveness import serve_liveness


@pytest.mark.parametrize(("alive", "status"), [(True, 200), (False, 503)])
def test_a_process_says_whether_it_comes_round_on_every_path(alive: bool, status: int) -> None:
    server = serve_liveness(lambda: alive, ("127.0.0.1", 0))
    try:
        for path in ("/healthz", "/"):
            connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
            connection.request("GET", path)
            answer = connection.getresponse()
            assert (answer.status, answer.getheader("content-length")) == (status, "0")
            connection.close()
    finally:
        server.server_close()
