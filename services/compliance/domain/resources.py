"""What policies are evaluated on: a resource as it will be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shared.errors import ValidationFailed
from shared.events.consumer import INBOX_DAYS

MAX_RESOURCE_BYTES = 900_000
"""Of a resource in JSON: as many as an event may have, by which what is decided on is told of. Every condition of every
policy looks at it, in a request that waits."""
MAX_ID_BYTES = 1024
"""Of a resource's `id`, as many as the longest name has, that of an object: results are found by it, in an index whose
entries have a limit."""
KEEP_GONE = timedelta(days=INBOX_DAYS)
"""How long it is remembered what is gone: until no late event, a dead letter's that is replayed on its last day among
them, can speak of it any more and have it back."""


class ResourceTooLarge(ValidationFailed):
    """A resource that no event could tell of."""

    code = "resource_too_large"


def check_size(resource: Mapping[str, Any]) -> None:
    """Raise ResourceTooLarge for more than can be decided on."""
    size = len(json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_RESOURCE_BYTES:
        raise ResourceTooLarge(f"there are {size} bytes, and may be {MAX_RESOURCE_BYTES}", limit=MAX_RESOURCE_BYTES)


def check_id(resource: Mapping[str, Any]) -> None:
    """Raise ValidationFailed for an `id` that no result could name. A resource that is yet to be made may have none."""
    id = resource.get("id")
    if id is not None and not (isinstance(id, str) and len(id.encode()) <= MAX_ID_BYTES):
        raise ValidationFailed(f"the id of a resource is text of at most {MAX_ID_BYTES} bytes")
