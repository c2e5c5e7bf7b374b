"""The quota that follows VPCs, subnets and addresses."""

from __future__ import annotations

from typing import cast

from shared.clients.tenants import TenantsClient
from shared.kernel.context import service_context
from shared.quotas import Quotas, QuotaSweep
from tests.unit.clocks import NOW, standing_clock
from tests.unit.django_process import in_django
from tests.unit.doubles import Reservations
from tests.unit.events.builders import event


def test_their_own_events_settle_what_they_count_as() -> None:
    def check() -> None:
        from services.network.handlers import handlers
        from services.network.ports import Ports

        tenants = Reservations()
        handle = handlers(Ports(standing_clock(), Quotas(cast(TenantsClient, tenants))))
        life = (
            ("network.vpc.created", "vpc-1"),
            ("network.subnet.created", "subnet-1"),
            ("network.address.allocated", "addr-1"),
            ("network.address.released", "addr-1"),
            ("network.subnet.deleted", "subnet-1"),
            ("network.vpc.deleted", "vpc-1"),
        )
        with service_context("network", "t-1", standing_clock()):
            for kind, subject in life:
                handle[kind](event(type=kind, subject=subject), None)
        assert [(step, id) for step, _, id in tenants.steps] == [
            ("commit", "vpc-1.vpcs"),
            ("commit", "subnet-1.subnets"),
            ("commit", "addr-1.addresses"),
            ("release", "addr-1.addresses"),
            ("release", "subnet-1.subnets"),
            ("release", "vpc-1.vpcs"),
        ]

    in_django("network", check)


def test_the_sweep_commits_what_exists_and_releases_what_does_not() -> None:
    def check() -> None:
        from django.db import connection

        from services.network.handlers import COUNTED
        from services.network.models import Acl, Address, Subnet, Vpc
        from services.network.repository import held_reservations

        with connection.schema_editor() as editor:
            for model in (Vpc, Acl, Subnet, Address):
                editor.create_model(model)
        with service_context("network", "t-1", standing_clock()):
            vpc = Vpc(id="vpc-1", tenant_id="t-1", name="a", cidr="10.0.0.0/16")
            subnet = Subnet(id="subnet-1", tenant_id="t-1", vpc=vpc, name="a", cidr="10.0.0.0/24", zone="z")
            held = Address(id="addr-1", tenant_id="t-1", subnet=subnet, address="10.0.0.4", metered_from=NOW)
            resting = Address(id="addr-2", tenant_id="t-1", subnet=subnet, address="10.0.0.5", released_at=NOW)
            for row in (vpc, subnet, held, resting):
                row.save()
        tenants = Reservations(
            ("t-1", "vpc-1.vpcs", "reserved"),
            ("t-1", "subnet-1.subnets", "expired"),
            ("t-1", "addr-1.addresses", "committed"),
            ("t-1", "addr-2.addresses", "committed"),
            ("t-2", "vpc-9.vpcs", "reserved"),
        )
        resources = [resource for kind in COUNTED for resource in kind.resources]
        client = cast(TenantsClient, tenants)
        swept = QuotaSweep("network", client, standing_clock(), resources, held_reservations).run()
        assert tenants.steps == [
            ("commit", "t-1", "vpc-1.vpcs"),
            ("release", "t-2", "vpc-9.vpcs"),
            ("commit", "t-1", "subnet-1.subnets"),
            ("release", "t-1", "addr-2.addresses"),
        ]
        assert (swept.committed, swept.released) == (2, 2)

    in_django("network", check)
