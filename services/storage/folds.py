"""The query of folded listings: one whatever a bucket holds, and however many of its keys fold."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.storage.domain.listing import LAST_CODE_POINT, Start
from services.storage.domain.objects import MAX_KEY_BYTES
from services.storage.tables import Bucket
from shared.kernel.context import current_tenant

LAST_TEXT = chr(LAST_CODE_POINT) * (MAX_KEY_BYTES // 4)
"""Behind a prefix it stands at or behind every key with that prefix, in byte order: no key is longer."""

_KEYS = """
    SELECT key,
           CASE WHEN strpos(substr(key, :rest), :delimiter) = 0 THEN key
                ELSE left(key, :rest + strpos(substr(key, :rest), :delimiter) + :width - 2) || :last
           END AS behind
    FROM objects
    WHERE tenant_id = :tenant AND bucket_id = :bucket AND visible AND key >= :prefix AND key <= :prefix || :last
"""
"""Visible keys with a prefix, and behind what the keys lie that fold with each."""
_FIRST_OF_EACH = f"""
    WITH RECURSIVE entries (key, behind, place) AS (
        (SELECT found.*, 1 FROM ({_KEYS} AND key {{begins}} :start ORDER BY key LIMIT 1) AS found)
        UNION ALL
        SELECT found.*, entries.place + 1
        FROM entries CROSS JOIN LATERAL ({_KEYS} AND key > entries.behind ORDER BY key LIMIT 1) AS found
        WHERE entries.place < :limit
    )
    SELECT key FROM entries ORDER BY place
"""


def first_of_each(
    session: Session, bucket: Bucket, prefix: str, delimiter: str, start: Start, limit: int
) -> Sequence[str]:
    """The first visible key of each entry of a listing, from `start` on, in byte order; at most `limit`, one at least.

    What folds with it is stepped over in the index, not read. There is a delimiter.
    """
    values = {
        **{"tenant": current_tenant(), "bucket": bucket.id, "prefix": prefix, "delimiter": delimiter},
        **{"rest": len(prefix) + 1, "width": len(delimiter), "last": LAST_TEXT, "start": start.key, "limit": limit},
    }
    begins = ">=" if start.included else ">"
    return session.scalars(text(_FIRST_OF_EACH.format(begins=begins)), values).all()
