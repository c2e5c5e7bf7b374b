"""Names of workspaces, and the lock info of Terraform's clients (`statemgr.LockInfo`)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from services.deploy.domain.statefiles import NotAStateDocument, plain_text
from shared.errors import BadRequest, ValidationFailed

_NAME = re.compile(r"[A-Za-z0-9._~$&+:=@-]{1,128}")
MAX_TEXT_LENGTH = 4096
MAX_ID_LENGTH = 255


class InvalidWorkspaceName(ValidationFailed):
    """A workspace name that a URL's path would have to escape."""

    code = "invalid_workspace_name"


@dataclass(frozen=True)
class ClientLock:
    """Lock info as Terraform sends it; every member is a text, `id` is the owner's proof."""

    id: str
    operation: str
    info: str
    who: str
    version: str
    created: str
    path: str


def valid_workspace(name: str) -> str:
    """The name itself: what Terraform takes for one, which is what a path holds without escapes (RFC 3986 §3.3).

    Capitals, underscores and dots are part of it, and two names that differ in case are two workspaces. Raises
    InvalidWorkspaceName.
    """
    if not _NAME.fullmatch(name) or name in (".", ".."):
        raise InvalidWorkspaceName(f"{name!r}: use 1 to 128 letters, digits or . _ ~ $ & + : = @ -")
    return name


def client_lock(body: bytes) -> ClientLock:
    """The lock info in a body. Raises BadRequest for what isn't JSON, NotAStateDocument for what isn't lock info."""
    info = _object(body)
    texts = {name: plain_text(name, info.get(name) or "", MAX_TEXT_LENGTH) for name in ("Operation", "Info", "Who")}
    id = plain_text("ID", info.get("ID"), MAX_ID_LENGTH)
    if not id:
        raise NotAStateDocument("lock info has an ID")
    return ClientLock(
        id=id,
        operation=texts["Operation"],
        info=texts["Info"],
        who=texts["Who"],
        version=plain_text("Version", info.get("Version") or "", MAX_ID_LENGTH),
        created=plain_text("Created", info.get("Created") or "", MAX_ID_LENGTH),
        path=plain_text("Path", info.get("Path") or "", MAX_TEXT_LENGTH),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("the body is not valid JSON") from error
    if not isinstance(value, dict):
        raise NotAStateDocument("the body must be a JSON object")
    return value
