"""Documents in the state folder that say by a signature that the environment wrote them.

The key lies beside them in a file of the grader's user alone. Parties behind walls can neither read it nor write there;
on a host without walls a document that was edited, or was copied to another name, isn't believed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
from pathlib import Path
from typing import Any

from environment.workspace.errors import WorkspaceError

KEY = "signing.key"
KEY_BYTES = 32


class Unsigned(WorkspaceError):
    """A document isn't one that this environment wrote under this name."""


def save_signed(state: Path, name: str, document: dict[str, Any]) -> None:
    """Write a document below the state folder, in one step and for this user alone."""
    path = state / name
    for folder in (state, path.parent):
        folder.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    text = json.dumps(document, sort_keys=True)
    signed = json.dumps({"signature": _signature(state, name, text), "document": text})
    scratch = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.new")
    try:
        scratch.write_text(signed + "\n")
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)


def load_signed(state: Path, name: str) -> dict[str, Any]:
    """The document; raises FileNotFoundError when there is none, `Unsigned` when its signature isn't right."""
    text = (state / name).read_text(errors="replace")
    try:
        signed = json.loads(text)
        content, signature = str(signed["document"]), str(signed["signature"])
        if not hmac.compare_digest(signature.encode(), _signature(state, name, content).encode()):
            raise ValueError("wrong signature")
        document: dict[str, Any] = json.loads(content)
    except (ValueError, KeyError, TypeError) as error:
        raise Unsigned(f"{state / name} was changed since the environment wrote it.") from error
    return document


def _signature(state: Path, name: str, text: str) -> str:
    return hmac.new(_key(state), f"{name}\0{text}".encode(), hashlib.sha256).hexdigest()


def _key(state: Path) -> bytes:
    """The key, made when it is needed first. Several processes may do so at a time; one of them wins."""
    path = state / KEY
    if not path.exists():
        scratch = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.{secrets.token_hex(4)}.new")
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
            os.link(scratch, path)
        except FileExistsError:
            pass
        finally:
            scratch.unlink()
    status = path.stat()
    if status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise WorkspaceError(f"{path} must belong to this user and be readable by nobody else: remove it.")
    return path.read_bytes()
