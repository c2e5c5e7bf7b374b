"""What the queries of several nouns share."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Model


def dependents(row: Model, *relations: str) -> list[str]:
    """Those of the relations that have any rows, which a delete would break."""
    counts = {f"n_{relation}": Count(relation, distinct=True) for relation in relations}
    found = type(row).objects.filter(pk=row.pk).annotate(**counts).values(*counts).get()
    return [relation for relation in relations if found[f"n_{relation}"]]


def unique(row: Any, conflict: Exception) -> Any:
    """Insert a row; `conflict` is raised when its unique key is taken."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise conflict from error
    return row
