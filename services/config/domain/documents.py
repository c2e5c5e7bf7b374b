"""What is published: one document per environment, so that a reader sees all of a revision or nothing of it."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shared.errors import ServiceUnavailable, ValidationFailed

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
MAX_DEPTH = 32
"""Maps and lists inside of each other."""
MAX_LAYER_BYTES = 256 * 1024
MAX_VALUES_BYTES = 384 * 1024
"""All layers merged. With its schema it is one value of Consul's, which takes 512 KiB."""
MAX_SCHEMA_BYTES = 64 * 1024
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, which PostgreSQL doesn't keep, and surrogates, which are no characters."""


class InvalidName(ValidationFailed):
    """Not the name of an environment; names become parts of keys, so no slash or dot segment can be in one."""

    code = "invalid_environment_name"


class InvalidDocument(ValidationFailed):
    """A document with text or numbers that can't be kept as they are, or with too many levels."""

    code = "invalid_document"


class DocumentTooLarge(ValidationFailed):
    """A layer, a schema or a whole configuration that is larger than one may be."""

    code = "document_too_large"


class DocumentUnreadable(ServiceUnavailable):
    """What is in Consul is not a document of ours."""

    code = "document_unreadable"


@dataclass(frozen=True)
class Publication:
    """How a revision came into force: all that its record needs, should the record be missing."""

    id: str
    published_by: str
    rolled_back_to: int | None = None
    schema: dict[str, Any] | None = None
    request: str | None = None
    """What recognises a repetition of the request: a digest of its idempotency key."""


@dataclass(frozen=True)
class Document:
    """A revision of an environment's configuration; secret references are not resolved in it."""

    environment: str
    revision: int
    values: dict[str, Any]
    publication: Publication | None = None


def encoded(document: Document) -> bytes:
    """The document as it is kept: JSON with sorted keys, so that equal documents are equal bytes."""
    body: dict[str, Any] = {
        "environment": document.environment,
        "revision": document.revision,
        "values": document.values,
    }
    if document.publication is not None:
        body["publication"] = asdict(document.publication)
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def decoded(content: bytes) -> Document:
    """The document. Raises DocumentUnreadable."""
    try:
        body = json.loads(content)
        told = body.get("publication")
        publication = None if told is None else Publication(**told)
        return Document(body["environment"], int(body["revision"]), dict(body["values"]), publication)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DocumentUnreadable("the published configuration can't be read: publish it again") from error


def request_digest(tenant_id: str, idempotency_key: str | None) -> str | None:
    """What recognises a repetition of a request, without telling its key; None for one that can't be repeated."""
    if idempotency_key is None:
        return None
    return hashlib.sha256(f"{tenant_id}\x00{idempotency_key}".encode()).hexdigest()


def check_document(document: Any, limit: int) -> None:
    """Raise InvalidDocument or DocumentTooLarge for what can't be kept, or isn't worth it."""
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [inner for value in level for inner in _checked_parts(value)]
        if not level:
            break
    else:
        raise InvalidDocument(f"a document has at most {MAX_DEPTH} levels")
    size = len(json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode())
    if size > limit:
        raise DocumentTooLarge(f"there are {size} bytes, and may be {limit}", limit=limit)


def _checked_parts(value: Any) -> Iterable[Any]:
    """What is inside of a value. Raises InvalidDocument."""
    if isinstance(value, Mapping):
        for name in value:
            _check_text(name)
        return value.values()
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise InvalidDocument("a number is finite")
    return ()


def _check_text(text: str) -> None:
    if UNSTORABLE.search(text):
        raise InvalidDocument("text has neither NUL nor lone surrogates")


def checked_name(name: str) -> str:
    """The name of an environment. Raises InvalidName."""
    if not NAME.fullmatch(name):
        raise InvalidName("an environment's name is lower-case letters, digits, '.', '_' and '-', at most 64")
    return name
