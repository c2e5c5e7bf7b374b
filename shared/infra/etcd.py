"""etcd behind the coordination port.

The channel is made at first use and never at import, because processes are forked after their imports and a gRPC
channel doesn't survive a fork.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import etcd3
import etcd3.etcdrpc as rpc
import grpc
from etcd3.client import Endpoint, MultiEndpointEtcd3Client
from etcd3.exceptions import Etcd3Exception
from etcd3.utils import prefix_range_end

from shared.infra.coordination import (
    Change,
    CoordinationUnavailable,
    HistoryCompacted,
    KeyValue,
    LeaseGone,
    Put,
    Snapshot,
)
from shared.settings import ServiceSettings

CALL_TIMEOUT_SECONDS = 3.0
"""A call to a healthy etcd takes milliseconds; longer means that it has no quorum or is unreachable."""

PAGE_KEYS = 200
"""How many keys one answer holds: a message is bounded, what lies under a prefix isn't."""
MAX_MESSAGE_BYTES = 64 * 2**20
"""Enough for a page of the longest values."""

PING_MILLISECONDS = 10_000
"""Where a call or a watch is open and nothing has been heard for so long, etcd is asked for a sign of life. It bears
one in five seconds (`--grpc-keepalive-min-time`)."""
PONG_MILLISECONDS = 4_000
"""How long that may take. Then the connection is given up and the next call makes another: one that vanished without a
reset, as behind a firewall that forgot it, would be used until the kernel gives it up, a quarter of an hour later."""

CHANNEL_OPTIONS = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),  # Also how long one attempt to connect may take.
    ("grpc.max_reconnect_backoff_ms", 1000),  # The default of two minutes outlives every restart of etcd.
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.keepalive_time_ms", PING_MILLISECONDS),
    # For bytes that the kernel gets no acknowledgement of (TCP_USER_TIMEOUT) …
    ("grpc.keepalive_timeout_ms", PONG_MILLISECONDS),
    # … and for pings that nobody answers though somebody takes the bytes; a minute unless it is said.
    ("grpc.http2.ping_timeout_ms", PONG_MILLISECONDS),
    ("grpc.http2.max_pings_without_data", 0),  # As many as it takes: a watch sends nothing for hours.
)

KEEP_ALIVE_METHOD = "/etcdserverpb.Lease/LeaseKeepAlive"
"""A stream by definition. With one message each way it is the same on the wire as a plain call, and a plain call needs
no thread that feeds the stream: renewals are most of what an idle leader does."""

NEVER_PARKED = float("-inf")
"""etcd3 refuses an endpoint for this many seconds after one failure; with a single endpoint that is an outage."""


def endpoint_url(settings: ServiceSettings) -> str:
    """The cluster's address with the scheme it speaks: https only when TLS is switched on."""
    scheme = "https" if settings.etcd_tls else "http"
    return f"{scheme}://{settings.etcd_endpoint}"


def connect(settings: ServiceSettings, timeout: float = CALL_TIMEOUT_SECONDS) -> EtcdSession:
    """A session for these settings; nothing is connected yet."""
    return EtcdSession(endpoint_url(settings), timeout)


class EtcdSession:
    """One client of the cluster, safe to share between threads."""

    def __init__(self, url: str, timeout: float = CALL_TIMEOUT_SECONDS) -> None:
        self._url = url
        self._timeout = timeout
        self._made: Any = None
        self._lock = threading.Lock()

    @property
    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = MultiEndpointEtcd3Client([_endpoint(self._url)], timeout=self._timeout)
            return self._made

    def close(self) -> None:
        """Close the channel; open watches end."""
        with self._lock:
            if self._made is not None:
                self._made.close()
                self._made = None

    def get(self, key: str) -> KeyValue | None:
        """See Coordination.get."""
        with _translated():
            value, metadata = self._client.get(key)
        return None if metadata is None else _key_value(value, metadata)

    def snapshot(self, prefix: str) -> Snapshot:
        """See Coordination.snapshot."""
        start, end = prefix.encode(), prefix_range_end(prefix.encode())
        found: list[KeyValue] = []
        revision = None  # Then that of the first page: the pages show one moment.
        while True:
            with _translated():
                page = self._client.get_range_response(
                    start, end, sort_order="ascend", limit=PAGE_KEYS, revision=revision
                )
            revision = revision or page.header.revision
            found += map(_raw_key_value, page.kvs)
            if not page.more:
                return Snapshot(revision, tuple(found))
            start = page.kvs[-1].key + b"\0"

    def commit(
        self,
        *,
        unchanged: Sequence[KeyValue] = (),
        absent: Sequence[str] = (),
        puts: Sequence[Put] = (),
        deletes: Sequence[str] = (),
        delete_prefix: str = "",
    ) -> int | None:
        """See Coordination.commit."""
        if not puts and not deletes and not delete_prefix:
            raise ValueError("a commit writes something")
        make = self._client.transactions
        compare = [make.mod(item.key) == item.mod_revision for item in unchanged]
        compare += [make.create(key) == 0 for key in absent]
        writes = [make.put(put.key, put.value, put.lease_id or None) for put in puts]
        writes += [make.delete(key) for key in deletes]
        if delete_prefix:
            writes.append(make.delete(delete_prefix, prefix_range_end(delete_prefix.encode())))
        with _translated():
            succeeded, responses = self._client.transaction(compare=compare, success=writes, failure=[])
        return _commit_revision(responses[0]) if succeeded else None

    def grant(self, ttl: int) -> int:
        """See Coordination.grant."""
        with _translated():
            return int(self._client.lease(ttl).id)

    def keep_alive(self, lease_id: int, timeout: float) -> int:
        """See Coordination.keep_alive."""
        with _translated():
            renew = self._client.channel.unary_unary(
                KEEP_ALIVE_METHOD,
                request_serializer=rpc.LeaseKeepAliveRequest.SerializeToString,
                response_deserializer=rpc.LeaseKeepAliveResponse.FromString,
            )
            return int(renew(rpc.LeaseKeepAliveRequest(ID=lease_id), min(timeout, self._timeout)).TTL)

    def revoke(self, lease_id: int) -> None:
        """See Coordination.revoke."""
        try:
            with _translated():
                self._client.revoke_lease(lease_id)
        except LeaseGone:
            return

    def changes(self, prefix: str, start_revision: int, seconds: float | None = None) -> EtcdChangeStream:
        """See Coordination.changes."""
        create = rpc.WatchCreateRequest(
            key=prefix.encode(), range_end=prefix_range_end(prefix.encode()), start_revision=start_revision
        )
        stub = rpc.WatchStub(self._client.channel)
        return EtcdChangeStream(stub.Watch(iter([rpc.WatchRequest(create_request=create)]), seconds))


class EtcdChangeStream:
    """One watch on a gRPC stream of its own.

    etcd3's own watcher isn't used: it tells nobody when the connection is lost.
    """

    def __init__(self, call: Any) -> None:
        self._call = call

    def cancel(self) -> None:
        """End the iteration from another thread."""
        self._call.cancel()

    def __iter__(self) -> Iterator[Change]:
        try:
            for response in self._call:
                if response.compact_revision:
                    raise HistoryCompacted(f"changes up to revision {response.compact_revision} are gone")
                if response.canceled:
                    raise CoordinationUnavailable(f"etcd cancelled the watch: {response.cancel_reason}")
                yield from map(_change, response.events)
        except grpc.RpcError as error:
            if not _is_over(error):
                raise _translation(error) from error
        finally:
            self._call.cancel()


def _is_over(error: grpc.RpcError) -> bool:
    """Whether a watch was cancelled or its time was up; etcd may say the latter before the client's own timer does."""
    if error.code() in (grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED):
        return True
    return "context deadline exceeded" in (error.details() or "")


def _endpoint(url: str) -> Any:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    credentials = grpc.ssl_channel_credentials() if secure else None
    return Endpoint(parts.hostname, parts.port, secure, credentials, NEVER_PARKED, CHANNEL_OPTIONS)


def _key_value(value: bytes, metadata: Any) -> KeyValue:
    key = metadata.key.decode()
    return KeyValue(key, value, metadata.create_revision, metadata.mod_revision, metadata.lease_id)


def _raw_key_value(kv: Any) -> KeyValue:
    return KeyValue(kv.key.decode(), kv.value, kv.create_revision, kv.mod_revision, kv.lease)


def _change(event: Any) -> Change:
    deleted = event.type == event.DELETE
    return Change("delete" if deleted else "put", event.kv.key.decode(), event.kv.value, event.kv.mod_revision)


def _commit_revision(response: Any) -> int:
    return int(getattr(response, response.WhichOneof("response")).header.revision)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (etcd3.Etcd3Exception, grpc.RpcError) as error:
        raise _translation(error) from error


def _translation(error: Etcd3Exception | grpc.RpcError) -> CoordinationUnavailable:
    if isinstance(error, grpc.RpcError) and error.code() is grpc.StatusCode.NOT_FOUND:
        return LeaseGone(error.details() or "the lease is gone")
    reason = error.code().name if isinstance(error, grpc.RpcError) else type(error).__name__
    return CoordinationUnavailable(f"etcd doesn't answer: {reason}")
