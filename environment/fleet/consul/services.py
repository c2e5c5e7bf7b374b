"""The agent's services and their checks, seen as agent, catalogue and health."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from environment.fleet.consul.errors import BadRequest, Missing
from environment.fleet.consul.store import Row, Store

DATACENTER = "dc1"
_SERVICES, _CHECKS, _INDEXES = "service", "check", "service-index"
PASSING, WARNING, CRITICAL, MAINTENANCE = "passing", "warning", "critical", "maintenance"
_STATUSES = (PASSING, WARNING, CRITICAL)


class Services:
    """Every service of the one node. `on_critical` hears of checks that become critical."""

    def __init__(self, store: Store, node: str, node_id: str) -> None:
        self._store = store
        self.node = {
            "ID": node_id,
            "Node": node,
            "Address": "127.0.0.1",
            "Datacenter": DATACENTER,
            "TaggedAddresses": {"lan": "127.0.0.1", "wan": "127.0.0.1"},
            "Meta": {},
            "CreateIndex": 1,
            "ModifyIndex": 1,
        }
        self.on_critical: Callable[[str], None] = lambda check_id: None

    # Registration

    def register(self, wanted: Row) -> list[str]:
        """Add or replace a service; answers with the ids of its checks. Raises BadRequest without a name."""
        name = wanted.get("Name") or ""
        if not name:
            raise BadRequest("Missing service name")
        service_id = wanted.get("ID") or name
        before = self._store.get(_SERVICES, service_id)
        index = self._store.next_index()
        row = {
            "ID": service_id,
            "Service": name,
            "Tags": wanted.get("Tags") or [],
            "Meta": wanted.get("Meta") or {},
            "Port": int(wanted.get("Port") or 0),
            "Address": wanted.get("Address") or "",
            "TaggedAddresses": wanted.get("TaggedAddresses") or {},
            "Weights": wanted.get("Weights") or {"Passing": 1, "Warning": 1},
            "EnableTagOverride": bool(wanted.get("EnableTagOverride")),
            "CreateIndex": before["CreateIndex"] if before else index,
            "ModifyIndex": index,
        }
        definitions = [check for check in [wanted.get("Check"), *(wanted.get("Checks") or [])] if check]
        ids = [
            _check_id(check, service_id, number if len(definitions) > 1 else None)
            for number, check in enumerate(definitions, 1)
        ]
        for check in self.checks_of(service_id):
            if check["CheckID"] not in ids:
                self._store.delete(_CHECKS, check["CheckID"])
        self._store.put(_SERVICES, service_id, row)
        for check_id, definition in zip(ids, definitions, strict=True):
            self._put_check(check_id, definition, row)
        self._touch(name)
        return ids

    def deregister(self, service_id: str) -> list[str]:
        """Remove a service; answers with the ids of its former checks. Raises Missing."""
        row = self.service(service_id)
        self._store.next_index()
        ids = [check["CheckID"] for check in self.checks_of(service_id)]
        for check_id in ids:
            self._store.delete(_CHECKS, check_id)
        self._store.delete(_SERVICES, service_id)
        self._touch(row["Service"])
        return ids

    def register_check(self, wanted: Row) -> str:
        """Add or replace a single check, of a service or of the node; answers with its id."""
        if not wanted.get("Name"):
            raise BadRequest("Missing check name")
        service = self.service(wanted["ServiceID"]) if wanted.get("ServiceID") else None
        check_id = wanted.get("CheckID") or wanted.get("ID") or wanted["Name"]
        self._store.next_index()
        self._put_check(check_id, wanted, service)
        self._touch(service["Service"] if service else "")
        return str(check_id)

    def deregister_check(self, check_id: str) -> None:
        """Remove a check. Raises Missing."""
        check = self.check(check_id)
        self._store.next_index()
        self._store.delete(_CHECKS, check_id)
        self._touch(check["ServiceName"])

    def set_status(self, check_id: str, status: str, output: str) -> None:
        """What a check found. The index moves only when the status changes."""
        check = self._store.get(_CHECKS, check_id)
        if check is None:
            return
        if status not in _STATUSES:
            raise BadRequest(f'Invalid check status: "{status}"')
        changed = check["Status"] != status
        if changed:
            self._store.next_index()
        if changed or check["Output"] != output:
            index = self._store.index if changed else check["ModifyIndex"]
            self._store.put(_CHECKS, check_id, {**check, "Status": status, "Output": output, "ModifyIndex": index})
        if changed:
            self._touch(check["ServiceName"])
            if status == CRITICAL:
                self.on_critical(check_id)

    def set_maintenance(self, service_id: str, enabled: bool, reason: str) -> None:
        """Take a service out of the passing ones by a critical check of its own, or bring it back. Raises Missing."""
        self.service(service_id)
        check_id = f"_service_maintenance:{service_id}"
        if enabled:
            notes = reason or "Maintenance mode is enabled for this service, but no reason was provided."
            name = "Service Maintenance Mode"
            wanted = {"Name": name, "CheckID": check_id, "ServiceID": service_id, "Notes": notes, "Status": CRITICAL}
            self.register_check(wanted)
        elif self._store.get(_CHECKS, check_id) is not None:
            self.deregister_check(check_id)

    # Reading

    def service(self, service_id: str) -> Row:
        """One service. Raises Missing."""
        row = self._store.get(_SERVICES, service_id)
        if row is None:
            raise Missing(
                f'Unknown service ID "{service_id}". Ensure that the service ID is passed, not the service name.'
            )
        return row

    def check(self, check_id: str) -> Row:
        """One check. Raises Missing."""
        row = self._store.get(_CHECKS, check_id)
        if row is None:
            raise Missing(f'Unknown check ID "{check_id}". Ensure that the check ID is passed, not the check name.')
        return row

    def services(self) -> list[Row]:
        """Every service."""
        return [row for _, row in self._store.rows(_SERVICES)]

    def checks(self) -> list[Row]:
        """Every check, of services and of the node."""
        return [row for _, row in self._store.rows(_CHECKS)]

    def checks_of(self, service_id: str) -> list[Row]:
        """The checks of one service."""
        return [row for row in self.checks() if row["ServiceID"] == service_id]

    def named(self, name: str, tag: str | None = None) -> list[Row]:
        """Every instance of a service, with a tag if one is asked for."""
        return [row for row in self.services() if row["Service"] == name and (tag is None or tag in row["Tags"])]

    def index(self, name: str | None = None) -> int:
        """The index to watch one service with, or all of them."""
        row = self._store.get(_INDEXES, f"name:{name}" if name is not None else "all")
        if row is None and name is not None:
            return self.index()
        return int(row["index"]) if row else 1

    # Views

    def health(self, name: str, tag: str | None, passing: bool) -> list[Row]:
        """The instances of a service with node and checks; only those whose every check passes, if asked."""
        entries = []
        for row in self.named(name, tag):
            checks = [self.node_health(), *self.node_checks(), *(shown(check) for check in self.checks_of(row["ID"]))]
            if not passing or all(check["Status"] == PASSING for check in checks):
                entries.append({"Node": self.node, "Service": row, "Checks": checks})
        return entries

    def catalog(self, name: str, tag: str | None) -> list[Row]:
        """The instances of a service, whatever their health."""
        return [
            {
                **{key: self.node[key] for key in ("ID", "Node", "Address", "Datacenter", "TaggedAddresses")},
                "NodeMeta": {},
                **{f"Service{key}": row[key] for key in ("ID", "Tags", "Address", "Meta", "Port", "Weights")},
                "ServiceName": row["Service"],
                "ServiceEnableTagOverride": row["EnableTagOverride"],
                "CreateIndex": row["CreateIndex"],
                "ModifyIndex": row["ModifyIndex"],
            }
            for row in self.named(name, tag)
        ]

    def node_checks(self) -> list[Row]:
        """The registered checks of the node itself."""
        return [shown(check) for check in self.checks() if not check["ServiceID"]]

    def node_health(self) -> Row:
        """The check that every Consul node has of its membership."""
        return {
            "Node": self.node["Node"],
            "CheckID": "serfHealth",
            "Name": "Serf Health Status",
            "Status": PASSING,
            "Notes": "",
            "Output": "Agent alive and reachable",
            "ServiceID": "",
            "ServiceName": "",
            "ServiceTags": [],
            "Type": "",
            "Definition": {},
            "CreateIndex": 1,
            "ModifyIndex": 1,
        }

    def _put_check(self, check_id: str, definition: Row, service: Row | None) -> None:
        before = self._store.get(_CHECKS, check_id)
        index = self._store.index
        kept = before is not None and before["Definition"] == definition
        row = {
            "Node": self.node["Node"],
            "CheckID": check_id,
            "Name": definition.get("Name") or (f"Service '{service['Service']}' check" if service else check_id),
            # A check that was there already goes on where it was; a new one is critical until it has run.
            "Status": before["Status"] if kept and before else definition.get("Status") or CRITICAL,
            "Notes": definition.get("Notes") or "",
            "Output": before["Output"] if kept and before else "",
            "ServiceID": service["ID"] if service else "",
            "ServiceName": service["Service"] if service else "",
            "ServiceTags": service["Tags"] if service else [],
            "Type": next((kind.lower() for kind in ("HTTP", "TTL", "TCP") if definition.get(kind)), ""),
            "Definition": definition,
            "CreateIndex": before["CreateIndex"] if before else index,
            "ModifyIndex": index,
        }
        if row["Status"] not in _STATUSES:
            raise BadRequest(f'Invalid check status: "{row["Status"]}"')
        self._store.put(_CHECKS, check_id, row)

    def _touch(self, name: str) -> None:
        self._store.put(_INDEXES, "all", {"index": self._store.index})
        names = [name] if name else {row["Service"] for row in self.services()}
        for each in names:
            self._store.put(_INDEXES, f"name:{each}", {"index": self._store.index})


def shown(check: Row) -> Row:
    """A check as the API shows it: how it is executed stays inside."""
    definition = check["Definition"]
    executed: dict[str, Any] = {
        key: definition[key] for key in ("Interval", "Timeout", "HTTP", "TCP") if key in definition
    }
    return {**check, "Definition": executed}


def _check_id(definition: Row, service_id: str, number: int | None) -> str:
    suffix = f":{number}" if number is not None else ""
    return str(definition.get("CheckID") or definition.get("ID") or f"service:{service_id}{suffix}")
