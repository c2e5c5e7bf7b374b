"""What a valid call of an operation needs: a tenant with things in it, made as they are asked for."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.identities import Tenant, create_tenant

T = TypeVar("T")

PLATFORM, INTERNAL, CALLER, PUBLIC = "platform", "internal", "caller", "public"
"""Who may besides those who hold a permission: operators; they and services; everybody with a token; everybody."""
REPEATED = "repeated"
"""A saved answer is given again under an `Idempotency-Key`."""
REFUSED = "refused"
"""The answer holds a secret and is kept nowhere: a key is refused."""
PASSED_OVER = "passed over"
"""A key means nothing here."""
ALONE = "alone"
"""It ends what the caller acts by, or takes what only a caller of its own has: `test_standing` and others hold it."""


@dataclass(frozen=True)
class Call:
    """One valid request. `tag` is the entity tag of what it changes, without quotes, where that has a version."""

    target: str
    """From `/v1` on, with its ids."""
    json: Any = None
    content: bytes | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    tag: str | None = None


@dataclass(frozen=True)
class Row:
    """What is to be known of an operation."""

    make: Callable[[World], Call]
    needs: str = ""
    """The permission, or one of the words above; without one the service's read or write permission, by the method."""
    key: str = REPEATED
    noted: bool = False
    """What it does outside the database is noted there, and completed by whoever is alive when its commit fails."""
    in_projects: int = 0
    """The status that who has a role in another project only gets, where a role in a project may be enough."""
    elsewhere: tuple[int, ...] = (404,)
    """Statuses that another tenant's administrator gets, under its own token, for an operation on one's own things."""


Table = dict[str, Row]
"""Rows by `METHOD /v1/path`, as the OpenAPI documents have them."""


class World:
    """A tenant, its administrator, the operator in it, and things that calls share."""

    def __init__(self, operator: Api) -> None:
        self.tenant: Tenant = create_tenant(
            operator, "business", quotas={"vpcs": 400, "subnets": 1_000, "projects": 1_000, "load_balancers": 400}
        )
        self.platform = operator
        self.api, self.operator = self.tenant.api, self.tenant.operator
        self._numbers = itertools.count(1)
        self._shared: dict[str, Any] = {}

    def number(self) -> int:
        """Another one every time."""
        return next(self._numbers)

    def name(self, prefix: str = "n") -> str:
        """A name that nothing here has yet."""
        return f"{prefix}-{self.number()}"

    def once(self, key: str, make: Callable[[], T]) -> T:
        """What all calls share under a key."""
        if key not in self._shared:
            self._shared[key] = make()
        made: T = self._shared[key]
        return made

    def make(self, path: str, body: Any = None, method: str = "POST", *, by: Api | None = None) -> dict[str, Any]:
        """What was made under `/api`, with `etag` where the answer has one."""
        options = {} if body is None else {"json": body}
        answer = (by or self.api).request(method, f"/api/{path}", **options)
        assert answer.is_success, f"{method} {path} answered {answer.status_code}: {answer.text[:500]}"
        return {**(answer.json() if answer.content else {}), **tag_of(answer)}

    def put(self, path: str, body: Any = None, *, by: Api | None = None) -> dict[str, Any]:
        """The same with PUT."""
        return self.make(path, body, "PUT", by=by)

    def read(self, path: str, *, by: Api | None = None) -> dict[str, Any]:
        """The same with GET."""
        return self.make(path, method="GET", by=by)

    def reach(self, path: str, state: str, *, timeout: float = 30.0) -> dict[str, Any]:
        """What is under a path once its `state` is the one."""

        def probe() -> dict[str, Any]:
            found = self.read(path)
            assert found["state"] == state, found
            return found

        return eventually(probe, timeout)


def tag_of(answer: httpx.Response) -> dict[str, str]:
    """The entity tag of an answer under the name `etag`, without its quotes."""
    tag = answer.headers.get("etag")
    return {} if tag is None else {"etag": tag.strip('"')}
