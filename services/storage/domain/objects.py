"""Object keys (Amazon S3 User Guide, "Object key names")."""

from __future__ import annotations

from shared.errors import ValidationFailed

MAX_KEY_BYTES = 1024


class InvalidObjectKey(ValidationFailed):
    """An object key that is empty, too long, or not text."""

    code = "invalid_object_key"


def valid_object_key(key: str) -> str:
    """The key itself: 1 to 1,024 bytes of UTF-8 without control characters. Raises InvalidObjectKey."""
    size = len(key.encode())
    if not 1 <= size <= MAX_KEY_BYTES:
        raise InvalidObjectKey(f"a key has 1 to {MAX_KEY_BYTES} bytes of UTF-8, this one {size}")
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in key):
        raise InvalidObjectKey("a key may not hold control characters")
    return key
