"""Looking what has become of an environment's resources: each is read from its owner, several at a time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial

from services.deploy.domain.addresses import kind_of
from services.deploy.domain.drift import Attributes, drift_of
from services.deploy.domain.plans import Change, Resource
from services.deploy.ports import Ports

READERS = 4
"""So many resources of one plan are read at a time."""


def drift(ports: Ports, resources: Sequence[Resource]) -> list[Change]:
    """What has become of the resources since the state was written.

    Raises ServiceUnavailable or DeadlineExceeded where an owner can't say: nothing is guessed (Terraform fails, too).
    """
    asked = [resource for resource in resources if resource.id]
    if not asked:
        return []
    with ThreadPoolExecutor(min(READERS, len(asked)), thread_name_prefix="refresh") as pool:
        reads = [pool.submit(copy_context().run, partial(_read, ports, resource)) for resource in asked]
        try:
            found = {resource.address: read.result() for resource, read in zip(asked, reads, strict=True)}
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return drift_of(resources, found)


def _read(ports: Ports, resource: Resource) -> Attributes | None:
    return ports.providers[kind_of(resource.address)].read(resource.id)
