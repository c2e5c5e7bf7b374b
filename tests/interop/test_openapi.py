"""Tools of other makers read the platform's documents: a validator, and a generator whose client works."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.support.identities import Tenant
from tests.support.tools import run, tool

SERVICES = (
    "auth", "tenants", "compute", "network", "storage", "dns", "loadbalancer", "secrets", "config", "deploy", "monitor",
    "billing", "audit", "compliance",
)  # fmt: skip
PYPI = "pipx install"

pytestmark = [pytest.mark.services(*SERVICES), pytest.mark.timeout(400)]
"""Longer than a tool may take: the document of all services keeps the validator busy for ten seconds, and for a minute
on a machine that has other work."""

PROGRAM = """
import sys
sys.path.insert(0, "generated")
from omnicloud_client import AuthenticatedClient
from omnicloud_client.api.tenants import tenants_create_project, tenants_get_project, tenants_list_projects
from omnicloud_client.api.compute import compute_create_instance
from omnicloud_client.models import ComputeInstanceCreate, Problem, TenantsProjectCreate

client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])
made = tenants_create_project.sync(client=client, body=TenantsProjectCreate(name="shop"), idempotency_key="once")
assert made.name == "shop", made
assert tenants_get_project.sync(made.id, client=client).id == made.id
assert [each.id for each in tenants_list_projects.sync(client=client, limit=10).items] == [made.id]

# Refusals of both frameworks are what the document says, and can be switched on
missing = tenants_get_project.sync("p-none", client=client)
assert isinstance(missing, Problem) and (missing.status, missing.code) == (404, "not_found"), missing
invalid = compute_create_instance.sync(client=client, body=ComputeInstanceCreate(name="web"))
assert isinstance(invalid, Problem) and (invalid.status, invalid.code) == (422, "validation_failed"), invalid
assert invalid.errors, invalid
stranger = AuthenticatedClient(base_url=sys.argv[1], token="no token")
unknown = tenants_get_project.sync(made.id, client=stranger)
assert isinstance(unknown, Problem) and unknown.status == 401, unknown
"""


@pytest.mark.parametrize("service", [*SERVICES, "gateway"])
def test_a_document_is_valid_openapi(tenant: Tenant, tmp_path: Path, service: str) -> None:
    validator = tool("openapi-spec-validator", f"{PYPI} openapi-spec-validator")
    path = "/openapi.json" if service == "gateway" else f"/api/{service}/openapi.json"
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(tenant.api.ok("GET", path, 200)))
    done = run([validator, "--schema", "3.1", document], tmp_path)
    assert done.returncode == 0, done.stdout


def test_a_generated_client_works_on_success_and_on_refusal(tenant: Tenant, tmp_path: Path) -> None:
    generator = tool("openapi-python-client", f"{PYPI} openapi-python-client")
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(tenant.api.ok("GET", "/openapi.json", 200)))
    settings = tmp_path / "settings.yml"
    settings.write_text("package_name_override: omnicloud_client\nproject_name_override: generated\npost_hooks: []\n")
    made = run([generator, "generate", "--path", document, "--config", settings], tmp_path)
    assert made.returncode == 0, made.stdout
    # It knows neither newline-delimited JSON nor "any media type", and nothing else is beyond it
    assert made.stdout.count("WARNING") == made.stdout.count("Unsupported content_type") + made.stdout.count(
        "Unsupported content type"
    ), made.stdout
    program = tmp_path / "use.py"
    program.write_text(PROGRAM)
    # The client needs `attrs` and `httpx`; the generator's own interpreter has both.
    interpreter = Path(generator).resolve().parent / "python"
    used = run(
        [interpreter if interpreter.exists() else sys.executable, program, tenant.api.url, tenant.api.token or ""],
        tmp_path,
    )
    assert used.returncode == 0, used.stdout
