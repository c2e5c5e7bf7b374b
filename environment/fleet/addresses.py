"""Rewrites what a container is told – addresses and paths – to where they lie on this machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from environment.fleet.compose import ComposeFile, Service
from environment.fleet.ports import LOOPBACK, Endpoint

_OWN_HOSTS = ("0.0.0.0", "127.0.0.1", "localhost")


def texts(service: Service) -> Iterator[str]:
    """Every string of a service that may hold an address."""
    yield from service.environment.values()
    yield from service.command or ()
    if service.healthcheck:
        yield from service.healthcheck.test


def _addresses(names: Iterable[str]) -> re.Pattern[str]:
    """`name:port` where the name stands alone; longest first, so that `infra-db` is not read as `db`."""
    ordered = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<![\w.-])({'|'.join(map(re.escape, ordered))}):(\d{{2,5}})(?![\d.])")


def endpoints(compose: ComposeFile, chosen: Iterable[str], shared: Mapping[str, str]) -> list[Endpoint]:
    """Every container port that is published, exposed or spoken of by the chosen services.

    An infrastructure container has one local server with one port, so all of its ports lead there; `shared` names the
    label under which several containers share even that (four databases of one PostgreSQL server). A port that is
    only spoken of gets a port where nothing listens, so that a wrong port fails as it does in containers.
    """
    found: dict[tuple[str, int], Endpoint] = {}
    for name in chosen:
        service = compose.services[name]
        published = {port.target: port.published for port in service.ports}
        first = next((port.published for port in service.ports if port.published), None)
        for port in service.container_ports():
            if service.built:
                endpoint = Endpoint(name, port, published.get(port))
            else:
                endpoint = Endpoint(name, port, first, shared.get(name, name))
            found[name, port] = endpoint
    pattern = _addresses(compose.services)
    own = _addresses(_OWN_HOSTS)
    for name in chosen:
        service = compose.services[name]
        for text in texts(service):
            for host, port in pattern.findall(text):
                found.setdefault((host, int(port)), Endpoint(host, int(port)))
            if service.built:
                for _, port in own.findall(text):
                    found.setdefault((name, int(port)), Endpoint(name, int(port)))
    return list(found.values())


class Rewriter:
    """Replaces addresses by loopback ports and mounted paths by local folders."""

    def __init__(
        self, compose: ComposeFile, ports: Mapping[tuple[str, int], int], project: Path, volumes: Path
    ) -> None:
        self._ports = ports
        self._project = project
        self._volumes = volumes
        self._others = _addresses(compose.services)
        self._own = _addresses(_OWN_HOSTS)

    def text(self, text: str, service: Service) -> str:
        """`text` as the service's process on this machine must see it."""

        def other(match: re.Match[str]) -> str:
            return f"{LOOPBACK}:{self._ports[match[1], int(match[2])]}"

        def own(match: re.Match[str]) -> str:
            port = self._ports.get((service.name, int(match[2])))
            return match[0] if port is None else f"{LOOPBACK}:{port}"

        # Own hosts first: what is rewritten to loopback must not be read as an own address afterwards.
        text = self._others.sub(other, self._own.sub(own, text))
        for target, folder in self._folders(service):
            text = re.sub(rf"(?<![\w./-]){re.escape(target)}(?=/|$|[\"',\s])", str(folder), text)
        return text

    def environment(self, service: Service) -> dict[str, str]:
        """The service's environment, rewritten."""
        return {name: self.text(value, service) for name, value in service.environment.items()}

    def make_folders(self, service: Service) -> None:
        """Create the folders of the service's named volumes."""
        for _, folder in self._folders(service):
            if folder.is_relative_to(self._volumes):
                folder.mkdir(parents=True, exist_ok=True)

    def _folders(self, service: Service) -> list[tuple[str, Path]]:
        pairs = []
        for mount in service.mounts:
            relative = mount.source.startswith((".", "/", "~"))
            folder = (self._project / mount.source).resolve() if relative else self._volumes / mount.source
            pairs.append((mount.target.rstrip("/"), folder))
        return sorted(pairs, key=lambda pair: len(pair[0]), reverse=True)
