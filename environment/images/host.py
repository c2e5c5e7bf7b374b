"""What the machine has: programs, and how its package clients are configured. Nothing of it is kept in the project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from environment.fleet.errors import FleetError

_TRUSTED = Path("/usr/local/share/ca-certificates")
"""Where Debian keeps certificate authorities that an administrator added."""
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_PIP_SETTINGS = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "default-timeout", "retries")
_APT_SETTINGS = ("Acquire::Check-Valid-Until", "Acquire::Check-Date", "Acquire::http::Proxy", "Acquire::https::Proxy")


def need(program: str, package: str) -> None:
    """Raises FleetError when a program is not there; the message names the package that has it."""
    if shutil.which(program) is None:
        raise FleetError(f"{program} was not found", f"Install it (Debian and Ubuntu: apt-get install {package}).")


def need_engine() -> None:
    """Raises FleetError when no container engine answers."""
    need("docker", "docker.io docker-cli")
    asked = subprocess.run(["docker", "version", "--format", "{{.Server.Version}}"], capture_output=True, text=True)
    if asked.returncode != 0:
        raise FleetError(f"the container engine does not answer: {asked.stderr.strip()}", "Start dockerd.")


def run(argv: Sequence[str | Path], what: str, cwd: Path | None = None) -> str:
    """Run a program; its output. Raises FleetError with the last lines of what it said."""
    words = [str(word) for word in argv]
    done = subprocess.run(words, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-25:])
        raise FleetError(f"{what} failed ({words[0]} ended with status {done.returncode}):\n{said}")
    return done.stdout


def debian_mirror() -> str | None:
    """Where this machine gets Debian's packages from; None when it is no Debian, for debootstrap's own default."""
    if shutil.which("apt-get") is None:
        return None
    listed = run(["apt-get", "indextargets", "--format", "$(ORIGIN)|$(CODENAME)|$(REPO_URI)"], "asking apt")
    targets = [line.split("|", 2) for line in listed.splitlines()]
    found = [uri for origin, codename, uri in targets if origin == "Debian" and "-" not in codename]
    return found[0].rstrip("/") if found else None


def apt_settings() -> str:
    """The proxies and checks that this machine's apt was told of, as lines of an apt.conf."""
    return run(["apt-config", "dump", *_APT_SETTINGS], "asking apt") if shutil.which("apt-config") else ""


def pip_settings() -> str:
    """This machine's pip.conf for a container: where packages come from, and whom to trust."""
    listed = run([sys.executable, "-m", "pip", "config", "list"], "asking pip")
    settings = {"cert": _CERTIFICATES} if trusted_authorities() else {}
    for line in listed.splitlines():
        place, _, value = line.partition("=")
        name = place.rpartition(".")[2]
        if name in _PIP_SETTINGS:
            settings[name.removeprefix("default-")] = value.strip("'\"")
    return "[global]\n" + "".join(f"{name} = {value}\n" for name, value in sorted(settings.items()))


def trusted_authorities() -> list[Path]:
    """Certificate authorities that this machine trusts beside the usual ones."""
    return sorted(_TRUSTED.glob("**/*.crt"))


def proxy_arguments() -> list[str]:
    """Options that hand this shell's proxies to a build. The engine knows these names, and keeps them out of images."""
    names = [name for word in ("http_proxy", "https_proxy", "no_proxy") for name in (word, word.upper())]
    return [option for name in names if os.environ.get(name) for option in ("--build-arg", name)]
