"""What loadbalancer refuses, with permanent machine codes."""

from __future__ import annotations

from shared.errors import Conflict, ServiceUnavailable, ValidationFailed


class NoBackend(ServiceUnavailable):
    """No backend of the pool takes new connections."""

    code = "no_backend"


class KeyRequired(ValidationFailed):
    """Consistent hashing needs a key."""

    code = "key_required"


class AddressRefused(ValidationFailed):
    """A backend address through which a tenant would reach the platform itself."""

    code = "address_refused"


class BackendExists(Conflict):
    """The pool has a backend of that address and port."""

    code = "backend_exists"


class BackendLimit(Conflict):
    """The pool has as many backends as it may have."""

    code = "backend_limit"


class InvalidHealthCheck(ValidationFailed):
    """An active check that can't be done, or not in its time."""

    code = "invalid_health_check"


class InvalidHashKey(ValidationFailed):
    """A hash key without the name that its kind needs, or with one that it hasn't."""

    code = "invalid_hash_key"


class NameTaken(Conflict):
    """The tenant has a pool or load balancer of that name."""

    code = "load_balancer_name_taken"


class PoolInUse(Conflict):
    """A listener sends its connections to the pool."""

    code = "pool_in_use"


class ListenerConflict(ValidationFailed):
    """Two listeners of a load balancer on one port."""

    code = "listener_conflict"


class UnknownPool(ValidationFailed):
    """A listener names a pool that the tenant doesn't have."""

    code = "unknown_pool"
