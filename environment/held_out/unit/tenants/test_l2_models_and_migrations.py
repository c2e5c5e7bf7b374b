"""What migrations make is what the models name. In a process of its own, since Django is configured once."""

import subprocess
import sys

import pytest

LOOK = """
import sys
from shared.web.django import configure

service = sys.argv[1]
configure(service, database_url="postgresql://nobody@localhost:1/nothing")
from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

loader = MigrationLoader(None)
conflicts = loader.detect_conflicts()
changes = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(graph=loader.graph)
for migration in changes.get(service, []):
    for operation in migration.operations:
        # Django itself fills in these two, so that they are no part of what a database needs.
        if getattr(operation, "name", "") not in ("created_at", "updated_at"):
            print("missing:", operation.describe())
print("conflicts:", sorted(conflicts))
"""


@pytest.mark.parametrize("service", ["tenants", "billing"])
def test_no_migration_is_missing(service: str) -> None:
    done = subprocess.run([sys.executable, "-c", LOOK, service], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.splitlines()) == (0, ["conflicts: []"]), done.stderr[-800:]
