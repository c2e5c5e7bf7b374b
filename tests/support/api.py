"""A small client of the platform's API, for tests. It knows HTTP and nothing of the code behind it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

TIMEOUT_SECONDS = 20.0
TLS = ssl.create_default_context()
"""One for all clients: reading the certificate authorities anew takes longer than most requests."""


@dataclass
class Api:
    """Requests under one identity. Every method returns the answer as it is; `ok` and `refused` also check it."""

    url: str
    token: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    client: httpx.Client = field(init=False, repr=False)

    def __post_init__(self) -> None:
        own = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        self.client = httpx.Client(
            base_url=self.url, headers={**own, **self.headers}, timeout=TIMEOUT_SECONDS, verify=TLS
        )

    def request(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """Any request; `path` begins with `/api/<service>/v1/…`."""
        return self.client.request(method, path, **kwargs)

    def get(self, path: str, **kwargs: Any) -> httpx.Response:
        return self.client.get(path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> httpx.Response:
        return self.client.post(path, **kwargs)

    def put(self, path: str, **kwargs: Any) -> httpx.Response:
        return self.client.put(path, **kwargs)

    def patch(self, path: str, **kwargs: Any) -> httpx.Response:
        return self.client.patch(path, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> httpx.Response:
        return self.client.delete(path, **kwargs)

    def ok(self, method: str, path: str, status: int | None = None, **kwargs: Any) -> Any:
        """The JSON of an answer that must be a success (of exactly `status` where one is given)."""
        answer = self.request(method, path, **kwargs)
        good = answer.status_code == status if status else answer.is_success
        assert good, f"{method} {path} answered {answer.status_code}: {answer.text[:2000]}"
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, status: int, code: str | None = None, **kwargs: Any) -> dict[str, Any]:
        """The problem body of an answer that must be a refusal of exactly this status (and machine code)."""
        answer = self.request(method, path, **kwargs)
        assert answer.status_code == status, f"{method} {path} answered {answer.status_code}: {answer.text[:2000]}"
        assert answer.headers["content-type"].startswith("application/problem+json"), answer.headers["content-type"]
        problem: dict[str, Any] = answer.json()
        if code is not None:
            assert problem["code"] == code, problem
        return problem

    def items(self, path: str, limit: int = 200, **params: Any) -> Iterator[dict[str, Any]]:
        """All items of a list, over as many pages as there are."""
        cursor: str | None = None
        while True:
            page = self.ok("GET", path, params={**params, "limit": limit, **({"cursor": cursor} if cursor else {})})
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def with_headers(self, **headers: str) -> Api:
        """The same identity, sending further headers (`X_Tenant_Id` becomes `X-Tenant-Id`)."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return Api(self.url, self.token, {**self.headers, **more})

    def close(self) -> None:
        """Give the connections back."""
        self.client.close()


def queries_of(answer: httpx.Response) -> int:
    """How many database statements the answering service needed, from `Server-Timing: db;desc="3 queries"`."""
    timing = answer.headers["server-timing"]
    return int(timing.split('desc="', 1)[1].split(" ", 1)[0])
