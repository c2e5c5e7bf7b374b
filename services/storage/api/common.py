"""What the end points share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import unquote_to_bytes

from fastapi import Depends, Header, Request

from services.storage.domain.conditions import Conditions
from services.storage.operations.bodies import Body, Receiver, ensure_size
from shared.errors import BadRequest
from shared.web.fastapi import ApiRouter

READ, WRITE = "storage:read", "storage:write"

OptionalHeader = Annotated[str | None, Header()]


async def _readable(request: Request) -> None:
    """Refuse paths and queries that aren't text without NUL: nothing of that kind can be stored or found."""
    for part in (request.scope["raw_path"], request.scope["query_string"]):
        try:
            text = unquote_to_bytes(part).decode()
        except UnicodeDecodeError:
            raise BadRequest("the address holds bytes that are no UTF-8") from None
        if "\0" in text:
            raise BadRequest("the address holds a NUL character")


class StorageRouter(ApiRouter):
    """A router whose end points see text in addresses, and nothing else."""

    def __init__(self, tag: str) -> None:
        super().__init__(tags=[tag])
        self.dependencies.append(Depends(_readable))


async def _received(
    request: Request, content_length: OptionalHeader = None, content_md5: OptionalHeader = None
) -> AsyncIterator[Body]:
    if content_length is not None and content_length.isascii() and content_length.isdigit():
        ensure_size(int(content_length[:20]))
    receiver = Receiver()
    try:
        async for chunk in request.stream():
            receiver.take(chunk)
        yield receiver.body(content_md5)
    finally:
        receiver.close()


ReceivedBody = Annotated[Body, Depends(_received)]
"""Parameter type: the body as it came, whatever its size."""


async def _conditions(
    if_match: OptionalHeader = None,
    if_none_match: OptionalHeader = None,
    if_modified_since: OptionalHeader = None,
    if_unmodified_since: OptionalHeader = None,
) -> Conditions:
    return Conditions(if_match, if_none_match, if_modified_since, if_unmodified_since)


ConditionHeaders = Annotated[Conditions, Depends(_conditions)]
"""Parameter type: the request's conditions."""
