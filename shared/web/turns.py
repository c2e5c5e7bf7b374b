"""Whose request gets the next thread, in services that answer each in a thread of its own.

Waitress hands out its threads in the order of arrival: a tenant that sends thirty slow requests has all of them, and
whoever comes next, a liveness probe too, waits behind the thirty. Here of one tenant so many are answered at once, the
tenants take turns for the threads that are left, and probes have a thread that nobody else gets.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Any

from waitress.task import ThreadedTaskDispatcher

from shared.errors import Unauthenticated
from shared.kernel.identity import IDENTITY_HEADER, identity_in

PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""What orchestrators and monitoring ask for."""
NOBODY = ""
"""Who sends requests without a valid identity; they take turns as one tenant."""

TenantOf = Callable[[Mapping[str, str]], str]
"""From a request's headers, as waitress names them, to whose turn it takes."""


def share_of(threads: int) -> int:
    """How many of so many threads one tenant may have: three quarters, and at least one."""
    return max(1, threads * 3 // 4)


def tenant_in(signing_key: str) -> TenantOf:
    """Reads the tenant from the identity that the gateway and other services sign."""
    name = IDENTITY_HEADER.upper().replace("-", "_")

    def tenant_of(headers: Mapping[str, str]) -> str:
        try:
            return identity_in(headers[name], signing_key).tenant_id
        except (KeyError, Unauthenticated):
            return NOBODY

    return tenant_of


class Turns:
    """What waits, by tenant. Not for several threads at once: its dispatcher's lock guards it."""

    def __init__(self, share: int) -> None:
        self._share = share
        self._waiting: OrderedDict[str, deque[Any]] = OrderedDict()
        self._inside: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many could begin now, if there were threads for them."""
        return sum(min(len(tasks), self._room(tenant)) for tenant, tasks in self._waiting.items())

    def add(self, tenant: str, task: Any) -> None:
        """Have a task wait for its tenant's turn."""
        self._waiting.setdefault(tenant, deque()).append(task)

    def popleft(self) -> Any:
        """The next task of the tenant whose turn it is, which goes to the end of the row. Raises IndexError."""
        tenant = next((tenant for tenant in self._waiting if self._room(tenant) > 0), None)
        if tenant is None:
            raise IndexError("nobody's turn")
        tasks = self._waiting[tenant]
        task = tasks.popleft()
        self._inside[tenant] += 1
        if tasks:
            self._waiting.move_to_end(tenant)
        else:
            del self._waiting[tenant]
        return task

    def leave(self, tenant: str) -> None:
        """A task of the tenant has ended."""
        self._inside[tenant] -= 1
        if not self._inside[tenant]:
            del self._inside[tenant]

    def _room(self, tenant: str) -> int:
        return self._share - self._inside[tenant]


class Visit:
    """A connection's next request, as waitress's threads take it up."""

    def __init__(self, dispatcher: FairDispatcher, tenant: str, task: Any) -> None:
        self._dispatcher = dispatcher
        self._tenant = tenant
        self._task = task

    def service(self) -> None:
        """Answer it."""
        try:
            self._task.service()
        finally:
            self._dispatcher.left(self._tenant)

    def cancel(self) -> None:
        """The service ends before it could be answered."""
        self._task.cancel()


class FairDispatcher(ThreadedTaskDispatcher):
    """Waitress's threads, handed out in turns."""

    def __init__(self, threads: int, tenant_of: TenantOf) -> None:
        super().__init__()
        self.queue = Turns(share_of(threads))
        self._tenant_of = tenant_of
        self._probes = ThreadedTaskDispatcher()
        self._probes.set_thread_count(1)
        self.set_thread_count(threads)

    def add_task(self, task: Any) -> None:
        """Take up a connection whose first request has been read."""
        request = task.requests[0]
        if request.error is None and request.path in PROBES:  # What was no request has no path: 400 is its answer.
            self._probes.add_task(task)
            return
        tenant = self._tenant_of(request.headers)
        with self.lock:
            self.queue.add(tenant, Visit(self, tenant, task))
            self.queue_cv.notify()

    def left(self, tenant: str) -> None:
        """A request of the tenant has been answered: one that waited may begin."""
        with self.lock:
            self.queue.leave(tenant)
            self.queue_cv.notify()

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """End all threads."""
        self._probes.shutdown(cancel_pending, timeout)
        return bool(super().shutdown(cancel_pending, timeout))
