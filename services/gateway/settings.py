"""Settings of the gateway."""

from __future__ import annotations

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Limits, trust and token rules at the platform's edge."""

    service_name: str = "gateway"
    tenant_rate_limit: str = "400 per 1 second"
    """Requests of one tenant, all its callers together: above what one busy CI pipeline sends, below what hurts."""
    anonymous_rate_limit: str = "60 per 10 seconds"
    """Requests without a token of one client address: enough to log in, too few to guess passwords."""
    requests_under_way: int = 256
    """Requests of one tenant, or of one client address without a token, that one gateway carries at a time, slow ones
    included. More of them wait a moment for their turn: a crowd that begins at once is served, one that stays isn't."""
    uploads_under_way_bytes: int = 2**30
    """Bytes of large bodies of one tenant, or of one client address without a token, that one gateway has in files at a
    time: four of the largest, or 128 parts of eight mebibytes. More is refused with 429 before it is taken in. What is
    there of all that came without a token has four times as much room."""
    trusted_proxies: str = "127.0.0.0/8,::1/128,172.16.0.0/12"
    """Networks whose X-Forwarded-For entries are believed: loopback and container networks."""
    token_audience: str = "omnicloud"
    jwks_cache_seconds: float = 300.0
    jwks_refetch_seconds: float = 1.0
    """An unknown key id triggers a fetch, at most this often, so that strangers can't make the gateway hammer auth."""
    jwks_stale_seconds: float = 3600.0
    """So long the last keys count while auth can't be asked, those that it has withdrawn in the meantime included."""
    token_seconds: float = 900.0
    """The longest life of an access token, which auth gives it. So long what has ended is remembered; and so long, at
    most, a token counts whose end the event bus couldn't tell, because it was away."""
    standing_patience_seconds: float = 5.0
    """So long the start waits until what ended lately has been heard. A gateway that begins while the event bus is
    away knows of no end before it is back."""
    max_body_bytes: int = 16 * 2**20
    """The largest body of a request that isn't one of the large ones below. Bodies are held for retries."""
    body_in_memory_bytes: int = 2**18
    """A larger body waits in a file: as many as one caller may have under way take 64 MiB of memory at most."""
    max_large_body_bytes: int = 256 * 2**20
    """Terraform's state documents, objects and parts of objects. A larger object is
    uploaded in parts."""
    large_body_seconds: float = 60.0
    """How long the answer to a request with a body of more than a mebibyte may take, counted from when that was here,
    unless the client has said itself how long the request may take."""
    api_key_seconds: float = 1.0
    """For how long the token that an API key was exchanged for is used again: a revoked key works on for that long."""
    breaker_failures: int = 5
    breaker_open_seconds: float = 2.0

    def redis_address(self) -> str:
        """Host and port of Redis, for who only asks whether it is there."""
        return self.redis_url.split("//", 1)[1].split("/", 1)[0].rpartition("@")[2]
