"""What the config process holds beside its database, made on first use."""

from __future__ import annotations

from functools import lru_cache

from services.config.domain.documents import checked_name
from shared.clients.secrets import SecretsClient
from shared.infra.cache import Cache
from shared.infra.consul_kv import ConsulKv
from shared.kernel.context import current_tenant
from shared.utils.clock import system_clock
from shared.web.django import service_settings


@lru_cache(maxsize=1)
def kv() -> ConsulKv:
    """Consul's key-value store, where configurations are published."""
    return ConsulKv.from_settings(service_settings())


@lru_cache(maxsize=1)
def cache() -> Cache:
    """The cache of flags."""
    settings = service_settings()
    return Cache.from_settings(settings, settings.flag_cache_seconds)


@lru_cache(maxsize=1)
def secrets() -> SecretsClient:
    """The secrets service."""
    return SecretsClient.connect(service_settings(), system_clock(service_settings().clock_file))


def tenant_prefix() -> str:
    """Where everything of the tenant is published."""
    return f"{service_settings().kv_prefix}/{current_tenant()}/"


def document_key(environment: str) -> str:
    """Where an environment's document is published. Raises InvalidName."""
    return tenant_prefix() + checked_name(environment)
