"""Object keys (Amazon S3 User Guide, "Object key names")."""

from __future__ import annotations

import re

from shared.errors import ValidationFailed

MAX_KEY_BYTES = 1024
MAX_CONTENT_TYPE_LENGTH = 255
_FIELD_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?")


class InvalidObjectKey(ValidationFailed):
    """An object key that is empty, too long, or not text."""

    code = "invalid_object_key"


class InvalidContentType(ValidationFailed):
    """A content type that can't be given back in a header."""

    code = "invalid_content_type"


def valid_content_type(content_type: str) -> str:
    """The type itself: what a field value of HTTP may hold (RFC 9110 §5.5), in ASCII. Raises InvalidContentType."""
    if not 1 <= len(content_type) <= MAX_CONTENT_TYPE_LENGTH or not _FIELD_VALUE.fullmatch(content_type):
        raise InvalidContentType(
            f"a content type is a line of 1 to {MAX_CONTENT_TYPE_LENGTH} printable ASCII characters"
        )
    return content_type


def valid_object_key(key: str) -> str:
    """The key itself: 1 to 1,024 bytes of UTF-8 without control characters. Raises InvalidObjectKey."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise InvalidObjectKey("a key is text: half of a surrogate pair is none") from None
    if not 1 <= size <= MAX_KEY_BYTES:
        raise InvalidObjectKey(f"a key has 1 to {MAX_KEY_BYTES} bytes of UTF-8, this one {size}")
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in key):
        raise InvalidObjectKey("a key may not hold control characters")
    return key
