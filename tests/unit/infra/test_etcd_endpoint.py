"""Which scheme etcd is spoken to with."""

import pytest

from shared.infra.etcd import endpoint_url
from shared.settings import ServiceSettings


def settings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> ServiceSettings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return ServiceSettings(service_name="deploy")


def test_a_plain_text_cluster_is_spoken_to_in_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, ETCD_ENDPOINT="etcd:2379", ETCD_TLS="false")
    assert endpoint_url(found) == "http://etcd:2379"


def test_tls_is_used_when_it_is_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, ETCD_ENDPOINT="etcd.internal:2379", ETCD_TLS="true")
    assert endpoint_url(found) == "https://etcd.internal:2379"


def test_the_default_is_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ETCD_TLS", raising=False)
    monkeypatch.delenv("ETCD_ENDPOINT", raising=False)
    assert endpoint_url(settings(monkeypatch)) == "http://etcd:2379"
