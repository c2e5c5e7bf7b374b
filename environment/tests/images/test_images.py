"""The plan of the base images and the builder's manners; the builds themselves are `make images-offline`."""

import re
import stat
from pathlib import Path

import pytest

from environment.fleet.compose.reader import read_compose
from environment.fleet.errors import FleetError
from environment.images import host
from environment.images.build import LABEL, Builder
from environment.images.plan import Image, planned_images

ROOT = Path(__file__).resolve().parents[3]
OFFLINE = ROOT / "docker" / "offline"


def test_every_image_that_compose_and_the_dockerfiles_name_is_planned() -> None:
    names = {image.name for image in planned_images(ROOT)}
    services = read_compose(ROOT / "docker-compose.yml", {}).services.values()
    assert {service.image for service in services if service.image and not service.built} <= names
    assert "python:3.11-slim" in names


def test_an_image_comes_after_the_ones_that_it_is_made_from() -> None:
    done: set[str] = set()
    for image in planned_images(ROOT):
        assert set(image.bases) <= done, f"{image.name} comes before {image.bases}"
        done.add(image.name)


def test_an_image_that_cannot_be_made_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text("services: {db: {image: 'mongo:7'}}")
    with pytest.raises(FleetError, match="no build of 'mongo:7'"):
        planned_images(tmp_path)


def test_no_build_file_names_a_package_source() -> None:
    for file in (path for path in OFFLINE.rglob("*") if path.is_file()):
        urls = re.findall(r"https?://(?!127\.0\.0\.1)\S+", file.read_text())
        assert urls == [], f"{file.name} must leave package sources to the clients' configuration"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `docker` that keeps its images' labels in a folder and writes down what it was asked to build."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    images = tmp_path / "images"
    images.mkdir()
    program.write_text(
        f"""#!/bin/sh
case $1 in
    version) echo 26 ;;
    image) cat "{images}/$5" 2>/dev/null ;;
    build) echo "$3" >> "{tmp_path}/built"; echo "${{5#{LABEL}=}}" > "{images}/$3" ;;
esac
"""
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in (("low", "FROM scratch\n"), ("high", "FROM omnicloud-offline/low\n")):
        folder = tmp_path / "project" / "docker" / "offline" / name
        folder.mkdir(parents=True)
        (folder / "Dockerfile").write_text(text)
    return tmp_path / "project"


LOW, HIGH = Image("omnicloud-offline-low", "low"), Image("high", "high", ("omnicloud-offline-low",))


def built(engine: Path) -> list[str]:
    log = engine / "built"
    return log.read_text().split() if log.exists() else []


def test_a_second_run_makes_nothing(engine: Path, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Builder(project).make([LOW, HIGH])
    Builder(project).make([LOW, HIGH])
    assert built(engine) == [LOW.name, HIGH.name]
    assert capsys.readouterr().out.count("is there\n") == 2


def test_a_changed_base_makes_what_stands_on_it_anew(engine: Path, project: Path) -> None:
    Builder(project).make([LOW, HIGH])
    (project / "docker/offline/low/Dockerfile").write_text("FROM scratch\n# changed\n")
    Builder(project).make([LOW, HIGH])
    assert built(engine) == [LOW.name, HIGH.name] * 2


def test_an_original_of_the_same_name_stays_unless_forced(engine: Path, project: Path) -> None:
    (engine / "images" / "high").write_text("\n")
    Builder(project).make([LOW, HIGH])
    assert built(engine) == [LOW.name]
    Builder(project, force=True).make([LOW, HIGH])
    assert built(engine) == [LOW.name, LOW.name, HIGH.name]


def test_a_machine_without_an_engine_is_told_what_to_install(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FleetError, match="docker was not found") as refusal:
        Builder(project).make([LOW])
    assert "apt-get install" in refusal.value.hint


def test_pips_settings_for_a_container_leave_out_what_is_this_machines_own(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = ":env:.find-links='/opt/wheels'\nglobal.cert='/somewhere.pem'\n:env:.default-timeout='180'\n"
    monkeypatch.setattr(host, "run", lambda argv, what: listed + "global.index-url='https://mirror.test/simple'\n")
    monkeypatch.setattr(host, "trusted_authorities", lambda: [Path("/usr/local/share/ca-certificates/own.crt")])
    assert host.pip_settings().splitlines() == [
        "[global]",
        "cert = /etc/ssl/certs/ca-certificates.crt",
        "index-url = https://mirror.test/simple",
        "timeout = 180",
    ]
