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
