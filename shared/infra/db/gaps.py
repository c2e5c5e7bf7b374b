"""The lowest free number among rows that each hold one: found by an index over it, not by looking at all rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def lowest_gap(cursor: Any, table: str, column: str, start: int, among: Mapping[str, Any] | None = None) -> int:
    """The lowest number from `start` on that no row of `table` has in `column`; of the rows, those equal to `among`.

    `table`, `column` and the names in `among` are the service's own words. An index over `among` and then `column`
    makes it as fast among many rows as among few. Whoever takes the number keeps others from it, by a lock.
    """
    same = "".join(f" AND {name} = %({name})s" for name in among or {})
    cursor.execute(
        f"""
        SELECT row.{column} + 1 FROM {table} AS row
        WHERE row.{column} >= %(start)s{same}
          AND EXISTS (SELECT 1 FROM {table} WHERE {column} = %(start)s{same})
          AND NOT EXISTS (SELECT 1 FROM {table} WHERE {column} = row.{column} + 1{same})
        ORDER BY row.{column} LIMIT 1
        """,
        {"start": start, **(among or {})},
    )
    found = cursor.fetchone()
    return int(found[0]) if found else start
