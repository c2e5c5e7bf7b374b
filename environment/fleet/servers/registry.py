"""Which local server stands in for which image."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from environment.fleet.servers.base import LocalServer, UnknownImage

# Repository part of the image (without registry host and tag) -> module and class. Modules are imported on demand.
_SERVERS: dict[str, tuple[str, str]] = {
    "postgres": ("postgres", "PostgresServer"),
    "redis": ("redis", "RedisServer"),
    "coreos/etcd": ("etcd", "EtcdServer"),
    "bitnami/etcd": ("etcd", "EtcdServer"),
    "etcd-development/etcd": ("etcd", "EtcdServer"),
    "hashicorp/vault": ("vault", "VaultServer"),
    "vault": ("vault", "VaultServer"),
    "openbao/openbao": ("vault", "VaultServer"),
    "minio/minio": ("minio", "ObjectStoreServer"),
    "hashicorp/consul": ("consul", "ConsulServer"),
    "consul": ("consul", "ConsulServer"),
    "confluentinc/cp-kafka": ("kafka", "KafkaServer"),
    "apache/kafka": ("kafka", "KafkaServer"),
    "bitnami/kafka": ("kafka", "KafkaServer"),
    "confluentinc/cp-zookeeper": ("kafka", "ZooKeeperServer"),
    "bitnami/zookeeper": ("kafka", "ZooKeeperServer"),
    "zookeeper": ("kafka", "ZooKeeperServer"),
}


def repository_of(image: str) -> str:
    """The image's repository without registry host, "library/", tag and digest: "quay.io/coreos/etcd:v3.5.9" ->
    "coreos/etcd"."""
    parts = image.split("@", 1)[0].split("/")
    if len(parts) > 1 and ("." in parts[0] or ":" in parts[0] or parts[0] == "localhost"):
        parts = parts[1:]
    if parts[0] == "library" and len(parts) > 1:
        parts = parts[1:]
    parts[-1] = parts[-1].split(":", 1)[0]
    return "/".join(parts)


def server_for(image: str) -> LocalServer:
    """The local server for a compose image. Raises UnknownImage, which lists the images that have one."""
    try:
        module_name, class_name = _SERVERS[repository_of(image)]
    except KeyError:
        raise UnknownImage(
            f"no local server stands in for image {image!r}; use one of {', '.join(sorted(_SERVERS))}, "
            "or run this fleet with `docker compose up`"
        ) from None
    server: Callable[[], LocalServer] = getattr(import_module(f"environment.fleet.servers.{module_name}"), class_name)
    return server()
