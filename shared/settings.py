"""Typed settings, read from the environment once at start. Every number has a unit and a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})


def parse_flag(value: object) -> bool:
    """Read an on/off environment variable by its word, never by its truthiness.

    Raises ValueError for a word that is neither, because a typo in a security flag must not choose a side.
    """
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError(f"{value!r} is not a flag: use one of true/false, yes/no, on/off, 1/0")


Flag = Annotated[bool, BeforeValidator(parse_flag)]


class ServiceSettings(BaseSettings):
    """What every service needs. Names in the environment are the field names in upper case."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", case_sensitive=False)

    service_name: str
    listen_address: str = "0.0.0.0:8000"
    advertise_address: str = "localhost:8000"
    log_level: str = "INFO"
    clock_file: Path | None = None
    """When set, the seconds in this file are added to the clock (clock-step drills)."""

    database_url: str = ""
    database_pool_size: int = Field(default=10, ge=1)
    """Connections a process may hold; above the web threads plus relay, consumer and background work."""

    kafka_bootstrap_servers: str = "kafka:9092"
    kafka_group_protocol: Literal["classic", "consumer"] = "classic"
    kafka_auto_create_topics: Flag = True
    kafka_tls: Flag = False

    redis_url: str = "redis://redis:6379/0"

    consul_http_addr: str = "consul:8500"
    consul_http_token: str = ""
    consul_tls: Flag = False
    health_check_interval_seconds: float = 2.0
    """How often Consul probes /healthz: short enough that a dead instance leaves routing within seconds."""

    etcd_endpoint: str = "etcd:2379"
    etcd_tls: Flag = False

    vault_addr: str = "http://vault:8200"
    vault_role_id: str = ""
    vault_secret_id: str = ""
    vault_keys_file: Path | None = None

    s3_endpoint: str = "minio:9000"
    s3_access_key: str = ""
    s3_secret_key: str = ""
    s3_tls: Flag = False

    celery_broker_url: str = "redis://redis:6379/1"
    celery_result_backend: str = "redis://redis:6379/1"

    identity_signing_key: str = ""
    """HMAC key (at least 32 bytes, RFC 7518 §3.2) under which the gateway and services sign forwarded identities."""

    token_issuer: str = Field(default="https://omnicloud.example", pattern=r"^https://[a-z0-9.\[\]:-]+$")
    """Who issues access tokens: the address under which the platform is reached from outside, where its metadata lies
    (RFC 8414 §2: https, and here without a path). Auth writes it into tokens, the gateway asks for it. It is a name:
    nothing is fetched from there."""

    web_threads: int = Field(default=8, ge=1)
    request_timeout_seconds: float = 15.0
    """Time budget of a request that brings no deadline of its own."""

    debug: Flag = False
    allowed_hosts: str = "localhost,127.0.0.1,.service.consul"
    """Comma-separated host names that requests may be addressed to; a leading dot allows every name below it. Services
    call each other under Consul's names (`compute.service.consul`); probes use loopback or the advertised name."""
    cors_origins: str = ""
    """Comma-separated origins of browsers that may call; empty allows none. Callers without Origin are unaffected."""

    otel_traces_exporter: Literal["none", "console", "otlp"] = "none"
    """Where spans go (OpenTelemetry's variable): nowhere, to standard output, or to a collector."""
    otel_service_name: str = ""
    """Under which name, if not the service's own (OpenTelemetry's variable)."""

    def listen(self) -> tuple[str, int]:
        """Host and port to bind."""
        return split_address(self.listen_address)

    def hosts(self) -> list[str]:
        """The host names requests may be addressed to: `allowed_hosts` and the advertised one."""
        advertised, _ = split_address(self.advertise_address)
        return [*(host.strip() for host in self.allowed_hosts.split(",") if host.strip()), advertised]

    def origins(self) -> list[str]:
        """`cors_origins` as a list."""
        return [origin.strip() for origin in self.cors_origins.split(",") if origin.strip()]


def split_address(address: str) -> tuple[str, int]:
    """`host:port` as a pair. Raises ValueError with the address in it when there is no port."""
    host, _, port = address.rpartition(":")
    if not host or not (port.isascii() and port.isdecimal()):
        raise ValueError(f"{address!r} is not an address of the form host:port")
    return host, int(port)
