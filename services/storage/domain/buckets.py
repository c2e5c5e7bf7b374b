"""Bucket names (Amazon S3 User Guide, "General purpose bucket naming rules")."""

from __future__ import annotations

import ipaddress
import re

from shared.errors import ValidationFailed

_SHAPE = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


class InvalidBucketName(ValidationFailed):
    """A name that S3 wouldn't take."""

    code = "invalid_bucket_name"


def valid_bucket_name(name: str) -> str:
    """The name itself. Raises InvalidBucketName with the rule that it breaks."""
    if not _SHAPE.fullmatch(name):
        raise InvalidBucketName(
            f"{name!r}: 3 to 63 lower-case letters, digits, dots and hyphens; a letter or digit at both ends"
        )
    if ".." in name:
        raise InvalidBucketName(f"{name!r}: two dots may not follow each other")
    if _is_address(name):
        raise InvalidBucketName(f"{name!r}: a name may not look like an IP address")
    if name.startswith(RESERVED_PREFIXES) or name.endswith(RESERVED_SUFFIXES):
        raise InvalidBucketName(f"{name!r}: the prefix or suffix is reserved")
    return name


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True
