"""Multi-part uploads (Amazon S3 User Guide, "Amazon S3 multipart upload limits")."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shared.errors import BadRequest, ValidationFailed

MIN_PART_BYTES = 5 * 2**20
MAX_PART_BYTES = 5 * 2**30
MAX_PART_NUMBER = 10_000
MAX_OBJECT_BYTES = 5 * 2**40


class InvalidPartNumber(ValidationFailed):
    """A part number outside 1..10,000."""

    code = "invalid_part_number"


class EntityTooSmall(BadRequest):
    """A part other than the last is smaller than 5 MiB."""

    code = "entity_too_small"


class EntityTooLarge(BadRequest):
    """A part above 5 GiB, or an object above 5 TiB."""

    code = "entity_too_large"


class InvalidPart(BadRequest):
    """A part that was never uploaded, or whose entity tag is another."""

    code = "invalid_part"


class InvalidPartOrder(BadRequest):
    """The parts aren't listed in ascending order."""

    code = "invalid_part_order"


@dataclass(frozen=True)
class Part:
    """An uploaded part. `etag` is the hex MD5 of its bytes."""

    number: int
    etag: str
    size: int


def valid_part_number(number: int) -> int:
    """The number itself. Raises InvalidPartNumber."""
    if not 1 <= number <= MAX_PART_NUMBER:
        raise InvalidPartNumber(f"part numbers go from 1 to {MAX_PART_NUMBER}, not {number}")
    return number


def completed_parts(uploaded: Mapping[int, Part], listed: Sequence[tuple[int, str]]) -> list[Part]:
    """The parts that make the object, in order. `listed` are the (number, etag) pairs the client names.

    Numbers need not follow each other without gaps, only grow. Raises InvalidPartOrder, InvalidPart, EntityTooSmall
    or EntityTooLarge.
    """
    if not listed:
        raise InvalidPart("a multi-part upload is completed with at least one part")
    numbers = [number for number, _ in listed]
    if any(first >= second for first, second in pairwise(numbers)):
        raise InvalidPartOrder("list the parts by ascending part number, each once")
    parts = [_uploaded(uploaded, number, etag) for number, etag in listed]
    for part in parts[:-1]:
        if part.size < MIN_PART_BYTES:
            raise EntityTooSmall(f"part {part.number} has {part.size} bytes; all but the last need {MIN_PART_BYTES}")
    if sum(part.size for part in parts) > MAX_OBJECT_BYTES:
        raise EntityTooLarge(f"an object has at most {MAX_OBJECT_BYTES} bytes")
    return parts


def multipart_etag(parts: Sequence[Part]) -> str:
    """The MD5 of the parts' binary MD5s, a hyphen, and the number of parts: not the MD5 of the whole."""
    digest = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in parts), usedforsecurity=False)
    return f"{digest.hexdigest()}-{len(parts)}"


def composite_sha256(digests: Sequence[str]) -> str:
    """The digest of the parts' digests, hyphen, their number: Base64 of SHA-256 (S3's composite checksum)."""
    whole = hashlib.sha256(b"".join(bytes.fromhex(digest) for digest in digests)).digest()
    return f"{base64.b64encode(whole).decode()}-{len(digests)}"


def _uploaded(uploaded: Mapping[int, Part], number: int, etag: str) -> Part:
    part = uploaded.get(valid_part_number(number))
    if part is None or part.etag != etag.strip('"'):
        raise InvalidPart(f"part {number} with this entity tag was not uploaded")
    return part
