"""Which images there are to make: the names come from the compose file and the Dockerfiles, never from a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from environment.fleet.compose.reader import read_compose
from environment.fleet.errors import FleetError
from environment.fleet.servers.registry import repository_of

OWN = "omnicloud-offline/"
"""Repository of the images that only other images are made from."""

_FOLDERS = {
    "python": "python",
    "postgres": "postgres",
    "redis": "redis",
    "coreos/etcd": "etcd",
    "hashicorp/consul": "consul",
    "hashicorp/vault": "vault",
    "minio/minio": "minio",
    "confluentinc/cp-kafka": "kafka",
    "confluentinc/cp-zookeeper": "zookeeper",
}
"""Repository of an original -> folder of `docker/offline/` that its replacement is made from."""

_FROM = re.compile(r"^FROM\s+(\S+)(?:\s+AS\s+(\S+))?", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Image:
    """An image to make: name, folder below `docker/offline/`, and the images of our own that it is made from."""

    name: str
    folder: str
    bases: tuple[str, ...] = ()


def planned_images(root: Path) -> list[Image]:
    """Every image to make, each after the ones that it is made from. Raises FleetError for a name without a folder."""
    ordered: dict[str, Image] = {}
    for name in sorted({*_compose_images(root), *_dockerfile_bases(root)}):
        folder = _FOLDERS.get(repository_of(name))
        if folder is None:
            raise FleetError(
                f"there is no build of {name!r} in docker/offline/",
                f"Use an image of {', '.join(sorted(_FOLDERS))}, or add a folder and name it in environment/images/.",
            )
        ordered |= {image.name: image for image in _with_bases(root, name, folder)}
    return list(ordered.values())


def _compose_images(root: Path) -> Iterator[str]:
    for service in read_compose(root / "docker-compose.yml", {}).services.values():
        if service.image and not service.built:
            yield service.image


def _dockerfile_bases(root: Path) -> Iterator[str]:
    for dockerfile in [*root.glob("services/*/Dockerfile"), *root.glob("docker/*.Dockerfile")]:
        stages = {"scratch"}  # the engine's own name for nothing at all
        for name, stage in _FROM.findall(dockerfile.read_text()):
            if name not in stages and not name.startswith("omnicloud/"):
                yield name
            stages.add(stage)


def _with_bases(root: Path, name: str, folder: str) -> list[Image]:
    """The image, after the images of our own that it is made from."""
    text = (root / "docker" / "offline" / folder / "Dockerfile").read_text()
    bases = tuple(base for base, _ in _FROM.findall(text) if base.startswith(OWN))
    lower = [image for base in bases for image in _with_bases(root, base, base.removeprefix(OWN).partition(":")[0])]
    return [*lower, Image(name, folder, bases)]
