"""What the end points of audit share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.http import StreamingHttpResponse

from services.audit.ports import Ports
from shared.web.django_views import ApiView

READ, WRITE = "audit:read", "audit:write"
NDJSON = "application/x-ndjson"
"""A JSON document a line."""


class View(ApiView):
    """A view that is handed the service's ports."""

    ports: Ports


def one_a_line(documents: Iterator[Mapping[str, Any]]) -> StreamingHttpResponse:
    """The documents as newline-delimited JSON, sent while they are read.

    The first is read before the answer begins: what can't be read at all is refused, and what breaks off later ends the
    connection, so that nobody takes a part for the whole. Raises what the first document's reading raises.
    """
    first = list(islice(documents, 1))

    def lines() -> Iterator[str]:
        for document in first:
            yield json.dumps(document) + "\n"
        for document in documents:
            yield json.dumps(document) + "\n"

    return StreamingHttpResponse(lines(), content_type=NDJSON)
