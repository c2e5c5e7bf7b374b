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

pytestmark = [pytest.mark.services("deploy", "auth"), pytest.mark.timeout(400)]
"""A run of terraform's is some processes, each of which begins anew; any of them may take as long as a tool may."""

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
  input = join("", [for i in range(1000) : "0123456789abcdefghij"])
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

    def terraform(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command; the key comes by the environment, so that it lies in no file."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "TF_CLI_ARGS": "-no-color",
            "TF_HTTP_USERNAME": "terraform",
            "TF_HTTP_PASSWORD": self.key,
        }
        return run([self.program, *words], self.folder, environment=environment)

    def ok(self, *words: str) -> str:
        """What a command says that must succeed."""
        done = self.terraform(*words)
        assert done.returncode == 0, f"terraform {' '.join(words)}: {done.stdout}"
        return done.stdout

    def init(self, *words: str, **settings: str) -> None:
        """Point the project at the workspace of its present URL."""
        addresses = dict.fromkeys(("address", "lock_address", "unlock_address"), self.url)
        chosen = [f"-backend-config={name}={value}" for name, value in (addresses | settings).items()]
        self.ok("init", *chosen, *words)

    def apply(self, **variables: Any) -> None:
        """Apply the configuration with these variables."""
        self.ok("apply", "-auto-approve", *(f"-var={name}={value}" for name, value in variables.items()))


@pytest.fixture
def project(tenant: Tenant, tmp_path: Path) -> Project:
    """A project whose state is kept here, under an API key as password; initialized."""
    program = tool("terraform", "https://developer.hashicorp.com/terraform/install")
    (tmp_path / "main.tf").write_text(CONFIGURATION)
    made = Project(tmp_path, program, f"{tenant.api.url}{DEPLOY}/states/Team-A.prod_eu", api_key(tenant))
    made.init()
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
    pulled = project.ok("state", "pull").removesuffix("\n")  # The command's own.
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


def test_a_state_migrates_to_a_workspace_that_has_one(tenant: Tenant, project: Project) -> None:
    # Given a project with a state, and another workspace with a state of its own
    project.apply()
    before = stored(tenant, project)
    project.url = project.url.replace("Team-A", "Team-B")
    theirs = {"version": 4, "terraform_version": "1.5.0", "serial": 40, "lineage": OTHER_LINEAGE, "resources": []}
    tenant.api.ok("POST", project.url.removeprefix(tenant.api.url), 200, json={**theirs, "outputs": {}})
    # When it is migrated, then the state there is replaced by the project's
    project.init("-migrate-state", "-force-copy")
    moved = stored(tenant, project)
    assert (moved["outputs"]["v"]["value"], moved["lineage"]) == ("one", before["lineage"])
    assert not locked(tenant, project)
    project.ok("plan", "-detailed-exitcode")


def test_a_held_lock_keeps_terraform_out_and_can_be_forced_open(tenant: Tenant, project: Project) -> None:
    # Given a lock that somebody's terminal has left behind
    project.apply()
    path = project.url.removeprefix(tenant.api.url)
    held = {"ID": "6f1c5b7e-0000-4c1e-8f1d-2b7d9a3c1a11", "Operation": "OperationTypeApply", "Who": "bo@desk",
            "Version": "1.9.5", "Created": "2020-02-01T12:00:00.5Z", "Path": "here"}  # fmt: skip
    assert tenant.api.request("LOCK", path, json=held).status_code == 200
    # When something is planned, then terraform tells which one it is
    said = project.terraform("plan").stdout
    assert "Error acquiring the state lock" in said
    assert f"already locked: ID={held['ID']}" in said.replace("\n", " ")
    # And frees it
    project.ok("force-unlock", "-force", held["ID"])
    project.ok("plan")


def test_methods_that_every_proxy_lets_through_do_as_well(tenant: Tenant, project: Project) -> None:
    lock = f"{project.url}/lock"
    methods = {"update_method": "PUT", "lock_method": "POST", "unlock_method": "DELETE"}
    project.init("-reconfigure", lock_address=lock, unlock_address=lock, **methods)
    project.apply()
    assert (stored(tenant, project)["serial"], locked(tenant, project)) == (1, False)
    # And a lock that is held keeps it out just the same
    path = project.url.removeprefix(tenant.api.url)
    assert tenant.api.request("LOCK", path, json={"ID": "another's"}).status_code == 200
    assert project.terraform("plan").returncode == 1
    project.ok("force-unlock", "-force", "another's")
    project.ok("plan", "-detailed-exitcode")


def test_a_state_larger_than_the_gateway_holds_is_stored_and_read(tenant: Tenant, project: Project) -> None:
    project.apply(n=480)
    assert len(tenant.api.get(project.url.removeprefix(tenant.api.url)).content) > 17 * 2**20
    project.ok("plan", "-detailed-exitcode", "-var=n=480")


def test_a_revoked_key_keeps_terraform_out(tenant: Tenant, project: Project) -> None:
    project.apply()
    account = next(iter(tenant.operator.items("/api/auth/v1/service-accounts")))
    key = next(iter(tenant.operator.items(f"/api/auth/v1/service-accounts/{account['id']}/api-keys")))
    tenant.operator.ok("DELETE", f"/api/auth/v1/api-keys/{key['id']}", 204)

    assert eventually(lambda: project.terraform("plan").returncode == 1, 30.0)
    assert stored(tenant, project)["serial"] == 1
