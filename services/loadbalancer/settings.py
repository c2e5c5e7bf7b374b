"""Settings of loadbalancer."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field

from shared import services
from shared.settings import ServiceSettings, split_address


class Settings(ServiceSettings):
    """How often load balancers are metered and counted, and how the prober works."""

    service_name: str = "loadbalancer"
    listen_address: str = "0.0.0.0:8007"
    advertise_address: str = "loadbalancer:8007"
    metering_interval_seconds: float = Field(default=900.0, gt=0)
    """How often the usage of load balancers is recorded: late enough to be few events, early enough for budgets."""
    quota_sweep_interval_seconds: float = Field(default=600.0, gt=0)
    """How often quota is compared with the load balancers that exist. What goes astray is rare, and costs a tenant a
    load balancer less until then."""
    prober_tick_seconds: float = Field(default=0.25, gt=0)
    """How often the prober looks for due checks: how late one may be, against a query each time."""
    prober_threads: int = Field(default=32, ge=1)
    """Checks that a prober does at a time. Most wait for a machine that doesn't answer."""
    prober_names_seconds: float = Field(default=60.0, gt=0)
    """How often the platform's own addresses are looked up again."""
    prober_refused_hosts: tuple[str, ...] = (
        *("infra-db", "tenants-db", "billing-db", "audit-db", "zookeeper", "vault-unsealer"),
        *("deploy-worker", "deploy-controller", "loadbalancer-prober"),
    )
    """Machines of the platform that no other setting names."""
    prober_refused_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks that no check leads into, beside the platform's own machines: those of the operator."""

    prober_translations_file: Path | None = None
    """Tenants' addresses and those at which the prober reaches their machines, a pair a line: the operator's
    destination NAT, for a prober whose host has no route into the tenants' networks."""

    def platform_hosts(self) -> list[str]:
        """The names of the platform's own machines, which no tenant's check may ask."""
        urls = (self.database_url, self.redis_url, self.vault_addr, self.celery_broker_url)
        addresses = (self.kafka_bootstrap_servers, self.consul_http_addr, self.etcd_endpoint, self.s3_endpoint)
        known = [urlsplit(url).hostname for url in urls] + [
            split_address(each)[0] for text in addresses for each in text.split(",")
        ]
        return sorted({*services.NAMES, "localhost", *self.prober_refused_hosts, *(name for name in known if name)})
