"""The lowest free number among rows that each hold one: found by an index over it, not by looking at all rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def lowest_gap(cursor: Any, table: str, column: str, start: int, among: Mapping[str, Any] | None = None) -> int:
    """The lowest number from `start` on that no row of `table` has in `column`; of the rows, those equal to `among`.

    `table`, `column` and the names in `among` are the service's own words. An index over `among` and then `column`
    makes it as fast among many rows as among few where `start` itself is free; else each number that is taken in a row
    from there is looked at once, whatever the server knows of the table. Whoever takes the number keeps others from it,
    by a lock.
    """
    same = "".join(f" AND {name} = %({name})s" for name in among or {})
    cursor.execute(
        f"""
        SELECT CASE WHEN EXISTS (SELECT 1 FROM {table} WHERE {column} = %(start)s{same}) THEN coalesce(
            (
                SELECT expected FROM (
                    SELECT {column}, row_number() OVER (ORDER BY {column}) - 1 + %(start)s AS expected
                    FROM {table} WHERE {column} >= %(start)s{same}
                ) AS numbered
                WHERE {column} > expected ORDER BY {column} LIMIT 1
            ),
            (SELECT max({column}) + 1 FROM {table} WHERE {column} >= %(start)s{same})
        ) ELSE %(start)s END
        """,
        {"start": start, **(among or {})},
    )
    return int(cursor.fetchone()[0])
