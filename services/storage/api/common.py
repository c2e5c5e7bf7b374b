"""What the end points share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Header, Request

from services.storage.domain.conditions import Conditions
from services.storage.operations.bodies import Body, Receiver, ensure_size
from shared.web.fastapi import takes
from shared.web.openapi_components import TAG, listed

READ, WRITE = "storage:read", "storage:write"

OptionalHeader = Annotated[str | None, Header()]
OptionalTags = Annotated[str | None, Header(json_schema_extra={"pattern": listed(rf'{TAG}|[^",\s]+')})]
"""Entity tags, with their quotes or, as S3 takes them, without. The pattern is for the document: what is no tag is
refused with a code of its own."""


@asynccontextmanager
async def receiving(request: Request, content_length: str | None, content_md5: str | None) -> AsyncIterator[Body]:
    """The body, taken in; it is kept for as long as the block lasts."""
    if content_length is not None and content_length.isascii() and content_length.isdigit():
        ensure_size(int(content_length[:20]))
    receiver = Receiver()
    try:
        async for chunk in request.stream():
            receiver.take(chunk)
        yield receiver.body(content_md5)
    finally:
        receiver.close()


@takes("*/*")
async def _received(
    request: Request, content_length: OptionalHeader = None, content_md5: OptionalHeader = None
) -> AsyncIterator[Body]:
    async with receiving(request, content_length, content_md5) as body:
        yield body


ReceivedBody = Annotated[Body, Depends(_received)]
"""Parameter type: the body as it came, whatever its size."""


async def _conditions(
    if_match: OptionalTags = None,
    if_none_match: OptionalTags = None,
    if_modified_since: OptionalHeader = None,
    if_unmodified_since: OptionalHeader = None,
) -> Conditions:
    return Conditions(if_match, if_none_match, if_modified_since, if_unmodified_since)


ConditionHeaders = Annotated[Conditions, Depends(_conditions)]
"""Parameter type: the request's conditions."""
