"""The few pieces of Kafka's wire protocol that the relay reads or answers itself.

Source: https://kafka.apache.org/protocol (request header v1 and v2, response header v0 and v1, and the messages named
below). Every function takes whole frames: the four-byte size and what it counts.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

PRODUCE, FETCH, METADATA, API_VERSIONS, CREATE_TOPICS, DELETE_TOPICS, END_TXN = 0, 1, 3, 18, 19, 20, 26

NO_ERROR, INVALID_TOPIC, TOPIC_EXISTS, INVALID_PARTITIONS, INVALID_REPLICATION, UNKNOWN_TOPIC = 0, 17, 36, 37, 38, 3

ADMIN_VERSIONS = {CREATE_TOPICS: (0, 4), DELETE_TOPICS: (0, 1)}
"""What the relay answers itself: API key -> lowest and highest version, all without tagged fields."""

_FIRST_FLEXIBLE = {METADATA: 9, FETCH: 12, PRODUCE: 9, API_VERSIONS: 3}
_TOPIC_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}")

_HEADER = struct.Struct(">ihhih")
_SHORT, _INT, _API = struct.Struct(">h"), struct.Struct(">i"), struct.Struct(">hhh")


class Frames:
    """Cuts a byte stream into frames."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are complete now, in order."""
        if not self._rest and len(data) >= 4 and _INT.unpack_from(data)[0] + 4 == len(data):
            return [data]
        self._rest += data
        frames = []
        start = 0
        while len(self._rest) - start >= 4:
            end = start + 4 + _INT.unpack_from(self._rest, start)[0]
            if end > len(self._rest):
                break
            frames.append(bytes(self._rest[start:end]))
            start = end
        del self._rest[:start]
        return frames


@dataclass(frozen=True, slots=True)
class Request:
    """A request's header; `body` is where the message begins in the frame."""

    api: int
    version: int
    correlation: int
    body: int


def read_request(frame: bytes) -> Request:
    """Read the header of a request frame."""
    _, api, version, correlation, client_id_length = _HEADER.unpack_from(frame)
    body = _HEADER.size + max(client_id_length, 0)
    if version >= _FIRST_FLEXIBLE.get(api, 1 << 15):
        body += 1 if frame[body] == 0 else 0  # no tagged fields in a header; nothing defines any
    return Request(api, version, correlation, body)


def correlation_of(frame: bytes) -> int:
    """The correlation id of a response frame."""
    return int(_INT.unpack_from(frame, 4)[0])


def response(correlation: int, body: bytes) -> bytes:
    """A response frame with header v0."""
    return struct.pack(">ii", len(body) + 4, correlation) + body


# -------------------------------------------------------------------------------------------------------- ApiVersions


def add_admin_versions(frame: bytes, version: int) -> bytes:
    """An ApiVersions response that also lists what the relay answers. Errors are passed on untouched."""
    error = _SHORT.unpack_from(frame, 8)[0]
    if error != NO_ERROR:
        return frame
    flexible = version >= 3
    tail = b"\x00" if flexible else b""
    added = b"".join(_API.pack(key, *versions) + tail for key, versions in ADMIN_VERSIONS.items())
    if flexible:
        count, start = _read_varint(frame, 10)
        head = _write_varint(count + len(ADMIN_VERSIONS))
    else:
        count, start = _INT.unpack_from(frame, 10)[0], 14
        head = _INT.pack(count + len(ADMIN_VERSIONS))
    return response(correlation_of(frame), frame[8:10] + head + added + frame[start:])


# ----------------------------------------------------------------------------------------------------------- Metadata


def take_auto_creation(frame: bytes, request: Request) -> tuple[bytes, list[str]]:
    """A Metadata request that creates no topic, and the topics that it would have let the broker create.

    Versions before 4 have no such flag and ask for creation always; no client in use sends them.
    """
    if request.version < 4:
        return frame, []
    names, flag = _metadata_topics(frame, request)
    if not frame[flag]:
        return frame, []
    return frame[:flag] + b"\x00" + frame[flag + 1 :], names


def _metadata_topics(frame: bytes, request: Request) -> tuple[list[str], int]:
    """The topics asked for, and the position of allow_auto_topic_creation."""
    flexible = request.version >= 9
    at = request.body
    if flexible:
        count, at = _read_varint(frame, at)
        count -= 1
    else:
        count, at = _INT.unpack_from(frame, at)[0], at + 4
    names = []
    for _ in range(count):
        at += 16 if request.version >= 10 else 0  # topic id
        if flexible:
            length, at = _read_varint(frame, at)
            length -= 1
        else:
            length, at = _SHORT.unpack_from(frame, at)[0], at + 2
        if length >= 0:
            names.append(frame[at : at + length].decode())
            at += length
        at += 1 if flexible else 0  # tagged fields
    return names, at


# -------------------------------------------------------------------------------------------------- Fetch and Produce


@dataclass(frozen=True, slots=True)
class Fetch:
    """What the relay needs to know of a Fetch.

    `positions` are its partitions with the offsets wanted. Clients put the partitions in another order each time, so
    frames can't be compared. Versions before 13, which name topics by text, are taken as one opaque position.
    """

    wait_ms: int
    wait_at: int
    positions: frozenset[object]


def read_fetch(frame: bytes, request: Request) -> Fetch:
    """Read a Fetch request."""
    at = request.body + (4 if request.version <= 14 else 0)  # the replica id became a tagged field in version 15
    wait = int(_INT.unpack_from(frame, at)[0])
    if request.version < _FETCH_BY_ID:
        return Fetch(wait, at, frozenset([frame[request.body :]]))
    return Fetch(wait, at, frozenset(_positions(frame, at + _FETCH_TOPICS)))


_FETCH_BY_ID = 13
_FETCH_TOPICS = 21
"""From the waiting time to the topics: four numbers of 32 bits, an isolation level, and a last one."""
_FETCH_PARTITION = struct.Struct(">iiqiqi")
"""Partition, leader epoch, offset, epoch of the last record, log start, limit in bytes; tagged fields follow."""


def _positions(frame: bytes, at: int) -> Iterator[tuple[bytes, int, int]]:
    """(topic id, partition, offset) of each partition."""
    topics, at = _read_varint(frame, at)
    for _ in range(topics - 1):
        topic = frame[at : at + 16]
        partitions, at = _read_varint(frame, at + 16)
        for _ in range(partitions - 1):
            partition, _, offset, *_ = _FETCH_PARTITION.unpack_from(frame, at)
            yield topic, partition, offset
            at = _skip_tags(frame, at + _FETCH_PARTITION.size)
        at = _skip_tags(frame, at)


def is_fetch_by_id(request: Request) -> bool:
    """Whether the answer to this Fetch can be read by `brings_nothing`."""
    return request.version >= _FETCH_BY_ID


_FETCH_ANSWER = struct.Struct(">ixihi")
"""Correlation id, no tagged fields, throttling, error, session; the topics follow."""
_FETCHED_PARTITION = struct.Struct(">ihqqq")
"""Partition, error, high watermark, last stable offset, log start; aborted transactions follow."""


def brings_nothing(frame: bytes) -> bool:
    """Whether the answer to a Fetch by topic id has neither records nor errors."""
    _, _, error, _ = _FETCH_ANSWER.unpack_from(frame, 4)
    topics, at = _read_varint(frame, 4 + _FETCH_ANSWER.size)
    for _ in range(topics - 1):
        partitions, at = _read_varint(frame, at + 16)
        for _ in range(partitions - 1):
            _, trouble, *_ = _FETCHED_PARTITION.unpack_from(frame, at)
            aborted, at = _read_varint(frame, at + _FETCHED_PARTITION.size)
            records, at = _read_varint(frame, at + _INT.size)
            if trouble or error or aborted > 1 or records > 1:
                return False
            at = _skip_tags(frame, at)
        at = _skip_tags(frame, at)
    return error == NO_ERROR


def with_correlation(frame: bytes, correlation: int) -> bytes:
    """The same answer to another request."""
    return frame[:4] + _INT.pack(correlation) + frame[8:]


def without_wait(frame: bytes, at: int) -> bytes:
    """The same Fetch, to be answered at once."""
    return frame[:at] + b"\x00\x00\x00\x00" + frame[at + 4 :]


def expects_answer(frame: bytes, request: Request) -> bool:
    """False for a Produce with acks=0."""
    at = request.body
    if request.version >= 9:
        length, at = _read_varint(frame, at)
        at += max(length - 1, 0)
    elif request.version >= 3:
        at += 2 + max(_SHORT.unpack_from(frame, at)[0], 0)
    return bool(_SHORT.unpack_from(frame, at)[0])


# ------------------------------------------------------------------------------------------------------- CreateTopics


@dataclass(frozen=True, slots=True)
class NewTopic:
    """One topic of a CreateTopics request; -1 partitions or replicas ask for the broker's default."""

    name: str
    partitions: int
    replication: int

    def objection(self) -> int:
        """The error code with which a cluster of one broker refuses this topic; NO_ERROR when it is fine."""
        if not _TOPIC_NAME.fullmatch(self.name):
            return INVALID_TOPIC
        if self.partitions != -1 and self.partitions < 1:
            return INVALID_PARTITIONS
        if self.replication not in (-1, 1):
            return INVALID_REPLICATION
        return NO_ERROR


def read_create_topics(frame: bytes, request: Request) -> tuple[list[NewTopic], bool]:
    """The topics wanted, and whether the request only asks if they could be created."""
    reader = _Reader(frame, request.body)
    topics = []
    for _ in range(reader.int32()):
        name, partitions, replication = reader.text(), reader.int32(), reader.int16()
        assigned = reader.int32()
        for _ in range(assigned):
            reader.int32()
            for _ in range(reader.int32()):
                reader.int32()
        for _ in range(reader.int32()):
            reader.text()
            reader.text()
        topics.append(NewTopic(name, assigned or partitions, 1 if assigned else replication))
    reader.int32()  # time-out
    return topics, request.version >= 1 and reader.boolean()


def create_topics_response(request: Request, results: Sequence[tuple[str, int, str]]) -> bytes:
    """Answer with (topic, error code, message) for each."""
    body = bytearray()
    if request.version >= 2:
        body += _INT.pack(0)  # throttle time
    body += _INT.pack(len(results))
    for name, code, message in results:
        body += _text(name) + _SHORT.pack(code)
        if request.version >= 1:
            body += _text(message) if code else _SHORT.pack(-1)
    return response(request.correlation, bytes(body))


def read_delete_topics(frame: bytes, request: Request) -> list[str]:
    """The topics to delete."""
    reader = _Reader(frame, request.body)
    return [reader.text() for _ in range(reader.int32())]


def delete_topics_response(request: Request, results: Sequence[tuple[str, int]]) -> bytes:
    """Answer with (topic, error code) for each."""
    body = _INT.pack(0) if request.version >= 1 else b""
    body += _INT.pack(len(results)) + b"".join(_text(name) + _SHORT.pack(code) for name, code in results)
    return response(request.correlation, body)


# --------------------------------------------------------------------------------------------------------- primitives


class _Reader:
    def __init__(self, frame: bytes, at: int) -> None:
        self._frame, self._at = frame, at

    def int32(self) -> int:
        self._at += 4
        return int(_INT.unpack_from(self._frame, self._at - 4)[0])

    def int16(self) -> int:
        self._at += 2
        return int(_SHORT.unpack_from(self._frame, self._at - 2)[0])

    def boolean(self) -> bool:
        self._at += 1
        return bool(self._frame[self._at - 1])

    def text(self) -> str:
        length = max(self.int16(), 0)
        self._at += length
        return self._frame[self._at - length : self._at].decode()


def _text(value: str) -> bytes:
    encoded = value.encode()
    return _SHORT.pack(len(encoded)) + encoded


def _read_varint(frame: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = frame[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _skip_tags(frame: bytes, at: int) -> int:
    """The position behind a set of tagged fields."""
    count, at = _read_varint(frame, at)
    for _ in range(count):
        _, at = _read_varint(frame, at)
        size, at = _read_varint(frame, at)
        at += size
    return at


def _write_varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
