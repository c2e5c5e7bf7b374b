"""Bodies of any size in bounded memory: one larger than a bound (a mebibyte unless told) goes to an unnamed file."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import BinaryIO, cast

from anyio import to_thread

from shared.errors import PayloadTooLarge

IN_MEMORY_BYTES = 2**20
CHUNK_BYTES = 2**18
_LENGTH = re.compile(r"[0-9]+", re.ASCII)
_LONGEST_DIGITS = 19
"""As many as no body has bytes; more of them say nothing more."""


class SpooledBody:
    """A body that has arrived whole. To be closed by whoever received it; it may be read any number of times."""

    def __init__(
        self,
        limit: int,
        advice: str = "",
        in_memory: int = IN_MEMORY_BYTES,
        reaches: Callable[[int, int], None] | None = None,
    ) -> None:
        """`limit` is the largest size in bytes; `advice` ends the sentence of a refusal. A body of more than
        `in_memory` bytes goes to a file; before it takes room there `reaches` is told how large it is at least, and how
        much of it is here, and may refuse it by raising."""
        self._limit = limit
        self._advice = advice
        self._in_memory = in_memory
        self._reaches = reaches
        self._buffer = bytearray()
        self._file: BinaryIO | None = None
        self.size = 0

    async def receive(self, chunks: AsyncIterator[bytes], declared: int | None = None) -> SpooledBody:
        """Take the body in. Raises PayloadTooLarge as soon as it is known to be, which `declared` may tell, and what
        `reaches` raises."""
        self._admit(declared or 0)
        async for chunk in chunks:
            self.size += len(chunk)
            self._admit(self.size)
            self._buffer += chunk
            if len(self._buffer) > self._in_memory:
                await to_thread.run_sync(self._write_out)
        if self._file is not None and self._buffer:
            await to_thread.run_sync(self._write_out)
        return self

    @property
    def in_memory(self) -> bool:
        """Whether it is small enough to be held."""
        return self._file is None

    def whole(self) -> bytes:
        """The whole body, for what is known to be small."""
        return bytes(self._buffer) if self._file is None else self._rewound().read()

    def open(self) -> BinaryIO:
        """The file that a large body lies in, at its beginning. Raises ValueError for one in memory."""
        if self._file is None:
            raise ValueError("a small body lies in memory")
        return self._rewound()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body in pieces, from its beginning."""
        if self._file is None:
            yield bytes(self._buffer)
            return
        file = self._rewound()
        while chunk := await to_thread.run_sync(file.read, CHUNK_BYTES):
            yield chunk

    def close(self) -> None:
        """Give the memory and the file back."""
        self._buffer.clear()
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> SpooledBody:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _admit(self, size: int) -> None:
        if size > self._limit:
            raise PayloadTooLarge(f"at most {self._limit} bytes{self._advice}")
        if self._reaches is not None and size > self._in_memory:
            self._reaches(size, self.size)

    def _rewound(self) -> BinaryIO:
        assert self._file is not None
        self._file.seek(0)
        return self._file

    def _write_out(self) -> None:
        if self._file is None:
            self._file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - closed by close()
        self._file.write(self._buffer)
        self._buffer.clear()


def declared_size(content_length: str | None) -> int | None:
    """The size that `Content-Length` tells; None where it tells none. It may be cut where it is beyond every size."""
    if content_length is None or not _LENGTH.fullmatch(content_length):
        return None
    return int(content_length.lstrip("0")[:_LONGEST_DIGITS] or "0")
