"""Idempotency keys with Stripe's semantics, recorded in the transaction of the effect.

Same key and same request → the saved answer, for who may make the request now. Same key and another request → 422. Of
concurrent duplicates the second waits on the first one's unique row, for a moment: when the first commits it gets the
saved answer, when it rolls back it runs, and when the first takes longer it is told so by a 409 (as the IETF's draft
"The Idempotency-Key HTTP Header Field" has it) and holds no thread of the service. Because the row commits together
with the effect, a crash leaves either both or neither. Only successes are kept: what failed is tried again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import BadRequest, Conflict, ValidationFailed
from shared.infra.db.dsn import LOCK_TIMEOUT_MS
from shared.infra.db.refusals import LOCK_NOT_AVAILABLE, sqlstate_of
from shared.kernel.identity import Identity

MUTATING_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
MAX_KEY_LENGTH = 255
REPLAYED_HEADER = "Idempotency-Replayed"
SAVED_HEADERS = ("content-type", "etag", "location")

IDEMPOTENCY_TABLE_SQL = """
CREATE TABLE IF NOT EXISTS idempotency_keys (
    tenant_id   text NOT NULL,
    key         text NOT NULL,
    fingerprint text NOT NULL,
    status      integer,
    headers     jsonb,
    body        bytea,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, key)
);
CREATE INDEX IF NOT EXISTS idempotency_keys_by_age ON idempotency_keys (created_at);
"""
KEEP_HOURS = 24
"""How long a saved answer can be had again: as long as Stripe keeps its own, unless the identity key is changed."""
PRUNE_SECONDS = 600.0
PRUNE_BATCH = 5_000


WAIT_MS = 250
"""How long a duplicate waits for the first one: most are answered by then, and those that wait for a slow one don't
take all threads of a service."""
RETRY_SECONDS = 1

CLAIM_SQL = """
INSERT INTO idempotency_keys (tenant_id, key, fingerprint)
SELECT %s, %s, %s FROM (SELECT set_config('lock_timeout', %s, true)) AS patience
ON CONFLICT (tenant_id, key) DO NOTHING RETURNING set_config('lock_timeout', %s, true)
"""
"""One statement: whoever gets the key goes on with the patience of any other request."""


class IdempotencyKeyInUse(Conflict):
    """The first request with the key is still being answered."""

    code = "idempotency_key_in_use"


class IdempotencyKeyReused(ValidationFailed):
    """The key was used before with another request."""

    code = "idempotency_key_reused"


class InvalidIdempotencyKey(BadRequest):
    """An empty key, or one longer than 255 characters."""

    code = "invalid_idempotency_key"


class IdempotencyNotSupported(BadRequest):
    """The answer holds a secret that is kept nowhere, so it can't be given again."""

    code = "idempotency_not_supported"


@dataclass(frozen=True)
class SavedAnswer:
    """What the first request with this key was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def check_key(key: str) -> str:
    """The key as it is. Raises InvalidIdempotencyKey."""
    if not key.strip() or len(key) > MAX_KEY_LENGTH or not (key.isascii() and key.isprintable()):
        raise InvalidIdempotencyKey(f"an idempotency key has 1 to {MAX_KEY_LENGTH} printable ASCII characters")
    return key


def fingerprint(secret: str, method: str, path: str, query: str, body: bytes, caller: str = "") -> str:
    """What makes two requests the same: method, path, query, body and who sends them.

    A saved answer is for the one who got it: somebody else may not be allowed to see it. A body may hold a password,
    and most of the rest is known: without the secret, which isn't in the database, nobody finds it out by trying.
    """
    digest = hmac.new(b"idempotency " + secret.encode(), digestmod=hashlib.sha256)
    for part in (method.encode(), path.encode(), query.encode(), body, caller.encode()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def kept_key(identity: Identity, key: str) -> str:
    """Under which name a caller's key is kept. Raises InvalidIdempotencyKey.

    Services have names of their own, which they build from what is public: a tenant can't use them up beforehand.
    """
    return f"{identity.subject if identity.kind == 'service' else 'client'}/{check_key(key)}"


def forget_old(cursor: Any) -> int:
    """Forget answers that are older than they are kept, a batch of them; how many there were."""
    cursor.execute(
        "DELETE FROM idempotency_keys WHERE (tenant_id, key) IN (SELECT tenant_id, key FROM idempotency_keys "
        "WHERE created_at < now() - make_interval(hours => %s) ORDER BY created_at LIMIT %s)",
        (KEEP_HOURS, PRUNE_BATCH),
    )
    return int(cursor.rowcount)


def begin(cursor: Any, tenant_id: str, key: str, request_fingerprint: str) -> SavedAnswer | None:
    """Claim the kept key in the caller's open transaction, or return what was answered before.

    Waits a moment while another transaction holds the same key. Raises IdempotencyKeyInUse or IdempotencyKeyReused.
    """
    try:
        cursor.execute(CLAIM_SQL, (tenant_id, key, request_fingerprint, str(WAIT_MS), str(LOCK_TIMEOUT_MS)))
    except Exception as error:  # The driver's, or what a framework made of it.
        if sqlstate_of(error) == LOCK_NOT_AVAILABLE:
            raise IdempotencyKeyInUse(
                "the first request with this idempotency key is still being answered", retry_after=RETRY_SECONDS
            ) from error
        raise
    if cursor.rowcount == 1:
        return None
    cursor.execute(
        "SELECT fingerprint, status, headers, body FROM idempotency_keys WHERE tenant_id = %s AND key = %s",
        (tenant_id, key),
    )
    saved = cursor.fetchone()
    if saved is None:  # So old that it has been forgotten between the two statements.
        raise IdempotencyKeyInUse("this idempotency key is just becoming free again", retry_after=RETRY_SECONDS)
    saved_fingerprint, status, headers, body = saved
    if saved_fingerprint != request_fingerprint:
        raise IdempotencyKeyReused("this idempotency key was used with another request")
    parsed = json.loads(headers) if isinstance(headers, str) else headers
    return SavedAnswer(status, {**parsed, REPLAYED_HEADER: "true"}, bytes(body))


def release(cursor: Any, tenant_id: str, key: str) -> None:
    """Give the claimed key back where a refusal is committed, for what was written before it: it can be tried again."""
    cursor.execute("DELETE FROM idempotency_keys WHERE tenant_id = %s AND key = %s", (tenant_id, key))


def complete(cursor: Any, tenant_id: str, key: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Save the answer, in the same transaction."""
    kept = {name.lower(): value for name, value in headers.items() if name.lower() in SAVED_HEADERS}
    cursor.execute(
        "UPDATE idempotency_keys SET status = %s, headers = %s, body = %s WHERE tenant_id = %s AND key = %s",
        (status, json.dumps(kept), body, tenant_id, key),
    )
