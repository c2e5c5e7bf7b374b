"""What goes over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from services.loadbalancer.domain.algorithms import Algorithm
from services.loadbalancer.domain.backends import MAX_WEIGHT, PANIC_PERCENT, AdminState
from services.loadbalancer.domain.haproxy import HashKey, Protocol
from services.loadbalancer.domain.health import DEFAULT_FALL, DEFAULT_RISE
from services.loadbalancer.domain.outliers import MAX_EJECTED_PERCENT
from services.loadbalancer.domain.probes import MAX_TIMEOUT_SECONDS, ActiveCheck
from shared.web.schemas import Body, Out

Id = Annotated[str, Field(max_length=255)]
Name = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9][A-Za-z0-9._ -]*$")]
Port = Annotated[int, Field(ge=1, le=65_535)]
Weight = Annotated[int, Field(ge=0, le=MAX_WEIGHT)]
Percent = Annotated[int, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=1, le=100)]
Interval = Annotated[int, Field(ge=1, le=3600)]
Timeout = Annotated[float, Field(ge=0.1, le=MAX_TIMEOUT_SECONDS, allow_inf_nan=False)]
CheckPath = Annotated[str, Field(max_length=255, pattern=r"^/[A-Za-z0-9._~/%:@&=+,;?-]*$")]
HashName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
SlowStart = Annotated[int, Field(ge=0, le=3600)]


class PoolCreate(Body):
    """A new pool."""

    name: Name
    algorithm: Algorithm = Algorithm.ROUND_ROBIN
    rise: Count = DEFAULT_RISE
    fall: Count = DEFAULT_FALL
    check_interval_seconds: Interval = 2
    panic_threshold_percent: Percent = PANIC_PERCENT
    max_ejected_percent: Percent = MAX_EJECTED_PERCENT
    slow_start_seconds: SlowStart = 0
    sticky: bool = False
    active_check: ActiveCheck = ActiveCheck.NONE
    check_path: CheckPath = "/"
    check_timeout_seconds: Timeout = 1.0
    hash_key: HashKey = HashKey.SOURCE
    hash_name: HashName | None = None


class PoolChange(Body):
    """What to change of a pool; what is left out stays."""

    algorithm: Algorithm = Algorithm.ROUND_ROBIN
    rise: Count = DEFAULT_RISE
    fall: Count = DEFAULT_FALL
    check_interval_seconds: Interval = 2
    panic_threshold_percent: Percent = PANIC_PERCENT
    max_ejected_percent: Percent = MAX_EJECTED_PERCENT
    slow_start_seconds: SlowStart = 0
    sticky: bool = False
    active_check: ActiveCheck = ActiveCheck.NONE
    check_path: CheckPath = "/"
    check_timeout_seconds: Timeout = 1.0
    hash_key: HashKey = HashKey.SOURCE
    hash_name: HashName | None = None


class BackendCreate(Body):
    """A new backend."""

    address: Annotated[str, Field(min_length=1, max_length=253)]
    port: Port
    weight: Weight = 1


class BackendChange(Body):
    """What to change of a backend; what is left out stays."""

    weight: Weight = 1
    state: AdminState = AdminState.ACTIVE


class BackendOut(Out):
    """A backend. `checked_at` and `check_result` are of the platform's own last check, where the pool has one."""

    id: str
    pool_id: str
    address: str
    port: int
    weight: int
    state: AdminState
    healthy: bool
    connections: int
    ejected_until: datetime | None
    checked_at: datetime | None
    check_result: str | None
    version: int


class PoolOut(Out):
    """A pool with its backends."""

    id: str
    name: str
    algorithm: Algorithm
    rise: int
    fall: int
    check_interval_seconds: int
    panic_threshold_percent: int
    max_ejected_percent: int
    slow_start_seconds: int
    sticky: bool
    active_check: ActiveCheck
    check_path: str
    check_timeout_seconds: float
    hash_key: HashKey
    hash_name: str | None
    backends: list[BackendOut]
    version: int
    created_at: datetime
    updated_at: datetime


class PickRequest(Body):
    """A new connection: its key for consistent hashing, the backend of its session so far for sticky pools."""

    key: Annotated[str, Field(max_length=1024)] | None = None
    session_backend_id: Id | None = None


class PickOut(Out):
    """Where the connection goes; in panic health was ignored."""

    backend: BackendOut
    panic: bool


class BackendNamed(Body):
    """One backend of the pool."""

    backend_id: Id


class CheckReport(BackendNamed):
    """The result of an active check."""

    healthy: bool


class OutcomeReport(BackendNamed):
    """The outcome of a real request."""

    succeeded: bool


class ListenerIn(Body):
    """A port, what it speaks, and the pool behind it."""

    port: Port
    protocol: Protocol = Protocol.HTTP
    pool_id: Id


class ListenersChange(Body):
    """All listeners of a load balancer."""

    listeners: Annotated[list[ListenerIn], Field(max_length=50)]


class LoadBalancerCreate(ListenersChange):
    """A new load balancer."""

    name: Name


class ListenerOut(Out):
    """A listener."""

    port: int
    protocol: Protocol
    pool_id: str


class LoadBalancerOut(Out):
    """A load balancer."""

    id: str
    name: str
    listeners: list[ListenerOut]
    version: int
    created_at: datetime
    updated_at: datetime


class UsageFlushed(Out):
    """How many usage records were made."""

    recorded: int
