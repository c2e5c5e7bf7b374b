"""TLS contexts of clients."""

from __future__ import annotations

import ssl


def context_for(url: str) -> ssl.SSLContext | bool:
    """What a client that only ever calls `url` verifies servers with.

    Reading the certificate authorities takes two megabytes and longer than most requests, so a client of plain HTTP
    does without: it trusts no authority, and fails where it is led to HTTPS all the same.
    """
    return True if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
