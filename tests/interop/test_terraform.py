"""The real `terraform` keeps its state and its lock here, and does what its documentation says.

https://developer.hashicorp.com/terraform/language/backend/http
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.deploying import DEPLOY
from tests.support.eventually import eventually
from tests.support.identities import Tenant
from tests.support.tools import run, tool

pytestmark = pytest.mark.services("deploy", "auth")

CONFIGURATION = """
terraform {
  backend "http" {}
}
variable "v" { default = "one" }
variable "n" { default = 0 }
output "v" { value = var.v }
output "third" { value = 1 / 3 }
output "digits" { value = 123456789012345678901234567890.5 }
resource "terraform_data" "kept" { input = var.v }
resource "terraform_data" "many" {
  count = var.n
  input = join("", [for i in range(2000) : "0123456789"])
}
"""
OTHER_LINEAGE = "99999999-1111-4222-8333-abcdefabcdef"


@dataclass
class Project:
    """A folder with a configuration, and how its backend is reached."""

    folder: Path
    program: str
    url: str
    key: str

    def terraform(self, *words: str, backend: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command; `TF_HTTP_…` tells the backend, so that no secret lies in a file."""
        url = backend or self.url
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "TF_CLI_ARGS": "-no-color",
            "TF_HTTP_ADDRESS": url,
            "TF_HTTP_LOCK_ADDRESS": url,
            "TF_HTTP_UNLOCK_ADDRESS": url,
            "TF_HTTP_USERNAME": "terraform",
            "TF_HTTP_PASSWORD": self.key,
        }
        return run([self.program, *words], self.folder, environment=environment)

    def ok(self, *words: str, backend: str = "") -> str:
        """What a command says that must succeed."""
        done = self.terraform(*words, backend=backend)
        assert done.returncode == 0, f"terraform {' '.join(words)}: {done.stdout}"
        return done.stdout

    def apply(self, **variables: Any) -> None:
        """Apply the configuration with these variables."""
        self.ok("apply", "-auto-approve", *(f"-var={name}={value}" for name, value in variables.items()))


@pytest.fixture
def project(tenant: Tenant, tmp_path: Path) -> Project:
    """A project whose state is kept here, under an API key as password; initialized."""
    program = tool("terraform", "https://developer.hashicorp.com/terraform/install")
    (tmp_path / "main.tf").write_text(CONFIGURATION)
    made = Project(tmp_path, program, f"{tenant.api.url}{DEPLOY}/states/Team-A.prod_eu", api_key(tenant))
    made.ok("init")
    return made


def api_key(tenant: Tenant) -> str:
    grants = [{"role": "member", "scope": "tenant"}]
    account = tenant.operator.ok(
        "POST", "/api/auth/v1/service-accounts", 201, json={"name": "terraform", "grants": grants}
    )
    key = tenant.operator.ok(
        "POST", f"/api/auth/v1/service-accounts/{account['id']}/api-keys", 201, json={"name": "ci"}
    )
    return str(key["key"])


def stored(tenant: Tenant, project: Project) -> dict[str, Any]:
    document: dict[str, Any] = tenant.api.ok("GET", project.url.removeprefix(tenant.api.url))
    return document


def locked(tenant: Tenant, project: Project) -> bool:
    """Whether somebody else may not lock the workspace."""
    path = project.url.removeprefix(tenant.api.url)
    taken = tenant.api.request("LOCK", path, json={"ID": "a look"})
    if taken.status_code == 200:
        tenant.api.ok("UNLOCK", path, 200, json={"ID": "a look"})
    return taken.status_code == 423


def test_what_was_applied_is_what_is_planned(tenant: Tenant, project: Project) -> None:
    # Given an applied configuration with numbers that no binary float holds
    project.apply()
    assert stored(tenant, project)["serial"] == 1
    # Then a plan has nothing to change (-detailed-exitcode: 0, not 2), and the lock is free
    project.ok("plan", "-detailed-exitcode")
    assert not locked(tenant, project)
    # And after a change the state is the next one, pulled byte for byte as it is kept
    project.apply(v="two")
    pulled = project.ok("state", "pull")
    assert pulled == tenant.api.get(project.url.removeprefix(tenant.api.url)).text
    assert (json.loads(pulled)["serial"], json.loads(pulled)["outputs"]["v"]["value"]) == (2, "two")
    project.ok("destroy", "-auto-approve")
    assert stored(tenant, project)["resources"] == []


@pytest.mark.parametrize("lineage", ["", OTHER_LINEAGE])
def test_an_older_state_or_another_lineage_is_pushed_by_force_alone(
    tenant: Tenant, project: Project, lineage: str
) -> None:
    # Given three versions, and a file of the first, or of another history
    project.apply()
    old = {**stored(tenant, project), **({"lineage": lineage} if lineage else {})}
    (project.folder / "old.tfstate").write_text(json.dumps(old))
    project.apply(v="two")
    project.apply(v="three")
    # When it is pushed, then terraform refuses; by force it is the state, and the lock is free
    assert project.terraform("state", "push", "old.tfstate").returncode == 1
    project.ok("state", "push", "-force", "old.tfstate")
    now = stored(tenant, project)
    assert (now["outputs"]["v"]["value"], now["lineage"]) == ("one", old["lineage"])
    assert not locked(tenant, project)
    # And work goes on from it
    project.apply(v="four")
    assert project.ok("output", "-raw", "v") == "four"


def test_a_state_moves_in_from_a_file_and_over_to_a_workspace_that_has_one(tenant: Tenant, project: Project) -> None:
    # Given a workspace with a state, and a project that is moved to another one, which has a state of its own
    project.apply()
    other = project.url.replace("Team-A", "Team-B")
    tenant.api.ok(
        "POST",
        other.removeprefix(tenant.api.url),
        200,
        json={"version": 4, "terraform_version": "1.5.0", "serial": 40, "lineage": OTHER_LINEAGE, "outputs": {},
              "resources": []},
    )  # fmt: skip
    # When it is migrated, then the state there is replaced by the project's
    project.ok("init", "-migrate-state", "-force-copy", backend=other)
    moved = tenant.api.ok("GET", other.removeprefix(tenant.api.url))
    assert (moved["outputs"]["v"]["value"], moved["lineage"]) == ("one", stored(tenant, project)["lineage"])
    project.ok("plan", "-detailed-exitcode", backend=other)


def test_a_held_lock_is_shown_whole_and_can_be_forced_open(tenant: Tenant, project: Project) -> None:
    # Given a lock that somebody's terminal has left behind
    project.apply()
    path = project.url.removeprefix(tenant.api.url)
    held = {"ID": "6f1c5b7e-0000-4c1e-8f1d-2b7d9a3c1a11", "Operation": "OperationTypeApply", "Who": "bo@desk",
            "Version": "1.9.5", "Created": "2026-02-01T12:00:00.5Z", "Path": "here"}  # fmt: skip
    assert tenant.api.request("LOCK", path, json=held).status_code == 200
    # When something is planned, then terraform tells whose it is
    said = project.terraform("plan").stdout
    for text in ("Error acquiring the state lock", held["ID"], "bo@desk", "OperationTypeApply", "1.9.5", "here"):
        assert text in said
    # And frees it
    project.ok("force-unlock", "-force", held["ID"])
    project.ok("plan")


def test_a_state_larger_than_the_gateway_holds_is_stored_and_read(tenant: Tenant, project: Project) -> None:
    project.apply(n=900)
    assert len(tenant.api.get(project.url.removeprefix(tenant.api.url)).content) > 17 * 2**20
    project.ok("plan", "-detailed-exitcode", "-var=n=900")


def test_a_revoked_key_keeps_terraform_out(tenant: Tenant, project: Project) -> None:
    project.apply()
    account = next(iter(tenant.operator.items("/api/auth/v1/service-accounts")))
    key = next(iter(tenant.operator.items(f"/api/auth/v1/service-accounts/{account['id']}/api-keys")))
    tenant.operator.ok("DELETE", f"/api/auth/v1/api-keys/{key['id']}", 204)

    assert eventually(lambda: project.terraform("plan").returncode == 1, 5.0)
    assert stored(tenant, project)["serial"] == 1
