"""Hosts of the zone nimbus-eu-1a, as they were filled this week."""

from __future__ import annotations

from collections.abc import Mapping

from environment.symptoms.scenarios.cast import Cast
from environment.symptoms.scenarios.stage import Stage
from environment.symptoms.scenarios.transcript import Transcript
from tests.support.computing import HOSTS, INSTANCES, create_host, custom, dedicated, running
from tests.support.identities import Tenant

GROUPS = "/api/compute/v1/server-groups"


def play(stage: Stage) -> Mapping[str, str]:
    """What the engineer on call is answered."""
    cast = Cast(stage)
    return {
        "full": str(_full(cast.tenant())),
        "reserve": str(_reserve(cast.tenant())),
        "memory": str(_memory(cast.tenant())),
        "neighbour": str(_neighbour(cast.tenant(), cast.tenant())),
        "apart": str(_apart(cast.tenant())),
    }


def _used(said: Transcript, tenant: Tenant, host_id: str) -> None:
    """Write down what is claimed of a host."""
    host = tenant.operator.ok("GET", f"{HOSTS}/{host_id}")
    said.line(f"> GET {HOSTS}/{{host}}")
    for kind, entry in sorted(host["resources"].items()):
        said.line(f"< {kind}: {entry['used']} of {entry['capacity']} used")
    said.line(f"< instances: {host['instances']}")


def _full(tenant: Tenant) -> Transcript:
    """Three instances of 0.7 cores on a host that has 2.1."""
    host, said = create_host(tenant.operator, tenant, millicores=2_100), Transcript()
    for number in range(3):
        body = dedicated(**custom("0.7"), name=f"worker-{number}")
        fields, unsaid = ("name", "code", "detail"), ("flavor", "deferred_start", "tenancy")
        said.asked(tenant.api, "POST", INSTANCES, body, fields=fields, unsaid=unsaid)
    _used(said, tenant, host["id"])
    return said


def _reserve(tenant: Tenant) -> Transcript:
    """A host whose own processes keep 200 of 1000 millicores, oversold by a half."""
    said = Transcript()
    vcpu = {"resource_class": "vcpu", "total": 1_000, "reserved": 200, "allocation_ratio": "1.5"}
    memory = {"resource_class": "memory_mib", "total": 4_096, "reserved": 0}
    said.line(f"# the host's inventory: {vcpu['total']} millicores, {vcpu['reserved']} reserved, ratio 1.5")
    host = create_host(tenant.operator, tenant, inventories=[vcpu, memory])
    _used(said, tenant, host["id"])
    return said


def _memory(tenant: Tenant) -> Transcript:
    """One GiB, written as the customer's template has it."""
    host, said = create_host(tenant.operator, tenant, memory_mib=2_048), Transcript()
    for _ in range(2):
        body = dedicated(flavor=None, size={"vcpus": "0.1", "memory": "1GiB"})
        fields, unsaid = ("memory_mib", "code", "detail"), ("flavor", "deferred_start", "tenancy")
        said.asked(tenant.api, "POST", INSTANCES, body, fields=fields, unsaid=unsaid)
    _used(said, tenant, host["id"])
    return said


def _neighbour(tenant: Tenant, other: Tenant) -> Transcript:
    """An operator empties a host by hand, and names the host to go to."""
    create_host(tenant.operator, tenant)
    theirs = create_host(other.operator, other)["id"]
    instance, said = running(tenant.api, tenancy="dedicated"), Transcript()
    path = f"{INSTANCES}/{instance['id']}/live-migrate"
    said.line("# the host that is named is another customer's dedicated one")
    shown = f"{INSTANCES}/{{instance}}/live-migrate"
    fields = ("state", "code", "rejected_by")
    said.asked(tenant.operator, "POST", path, {"host_id": theirs}, shown_as=shown, fields=fields, unsaid=("host_id",))
    return said


def _apart(tenant: Tenant) -> Transcript:
    """Members of an anti-affinity group never share a host, so the third of two hosts is refused: as it should be."""
    for _ in range(2):
        create_host(tenant.operator, tenant)
    said = Transcript()
    group = said.asked(tenant.api, "POST", GROUPS, {"name": "ha", "policy": "anti-affinity"}, fields=("policy",))
    for number in range(3):
        body = dedicated(group_id=group["id"], name=f"replica-{number}")
        fields, unsaid = ("name", "code", "rejected_by"), ("flavor", "deferred_start", "tenancy", "group_id")
        said.asked(tenant.api, "POST", INSTANCES, body, fields=fields, unsaid=unsaid)
    return said
