"""What is published: one document per environment, so that a reader sees all of a revision or nothing of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from shared.errors import ServiceUnavailable, ValidationFailed

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class InvalidName(ValidationFailed):
    """Not the name of an environment; names become parts of keys, so no slash or dot segment can be in one."""

    code = "invalid_environment_name"


class DocumentUnreadable(ServiceUnavailable):
    """What is in Consul is not a document of ours."""

    code = "document_unreadable"


@dataclass(frozen=True)
class Document:
    """A revision of an environment's configuration; secret references are not resolved in it."""

    environment: str
    revision: int
    values: dict[str, Any]


def encoded(document: Document) -> bytes:
    """The document as it is kept: JSON with sorted keys, so that equal documents are equal bytes."""
    body = {"environment": document.environment, "revision": document.revision, "values": document.values}
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def decoded(content: bytes) -> Document:
    """The document. Raises DocumentUnreadable."""
    try:
        body = json.loads(content)
        return Document(body["environment"], int(body["revision"]), dict(body["values"]))
    except (ValueError, KeyError, TypeError) as error:
        raise DocumentUnreadable("the published configuration can't be read: publish it again") from error


def checked_name(name: str) -> str:
    """The name of an environment. Raises InvalidName."""
    if not NAME.fullmatch(name):
        raise InvalidName("an environment's name is lower-case letters, digits, '.', '_' and '-', at most 64")
    return name
