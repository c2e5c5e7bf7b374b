"""The scheme follows the setting that says what the cluster speaks, whatever else is set."""

from itertools import product

import pytest

from shared.infra.etcd import endpoint_url
from shared.settings import ServiceSettings

FLAGS = ("false", "true")


@pytest.mark.parametrize(("tls", "debug", "others"), product(FLAGS, FLAGS, FLAGS))
def test_the_scheme_is_that_of_the_cluster(monkeypatch: pytest.MonkeyPatch, tls: str, debug: str, others: str) -> None:
    environment = {"ETCD_TLS": tls, "DEBUG": debug, "CONSUL_TLS": others, "KAFKA_TLS": others, "S3_TLS": others}
    for name, value in {**environment, "ETCD_ENDPOINT": "coordination-1:23790"}.items():
        monkeypatch.setenv(name, value)
    scheme = "https" if tls == "true" else "http"
    assert endpoint_url(ServiceSettings(service_name="deploy")) == f"{scheme}://coordination-1:23790"
