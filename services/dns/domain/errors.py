"""What dns refuses, with permanent machine codes."""

from __future__ import annotations

from shared.errors import Conflict, ValidationFailed


class InvalidName(ValidationFailed):
    """Text that is not a domain name (RFC 1035 §2.3.4: labels of 1 to 63 octets, 255 in all)."""

    code = "invalid_domain_name"


class NameOutsideZone(ValidationFailed):
    """The owner name doesn't lie in the zone."""

    code = "name_outside_zone"


class InvalidRecord(ValidationFailed):
    """Record data that the type doesn't allow."""

    code = "invalid_record"


class InvalidRouting(ValidationFailed):
    """Answers that contradict the record set's routing policy."""

    code = "invalid_routing"


class CnameConflict(Conflict):
    """A CNAME at the apex or beside other types (RFC 1034 §3.6.2, RFC 1912 §2.4)."""

    code = "cname_conflict"


class RecordSetExists(Conflict):
    """The zone has a record set of that name and type."""

    code = "record_set_exists"


class ZoneExists(Conflict):
    """The tenant has a zone of that name."""

    code = "zone_exists"


class ZoneNotEmpty(Conflict):
    """Record sets are left in the zone."""

    code = "zone_not_empty"


class NameServerWithoutAddress(Conflict):
    """A name server inside the zone is an alias or has no address: name servers refuse to load such a zone."""

    code = "name_server_without_address"


class ApexNameServers(Conflict):
    """A zone can't be without name servers at its apex (RFC 1034 §4.2.1)."""

    code = "apex_name_servers"


class InvalidZoneFile(ValidationFailed):
    """Text that is not a zone file (RFC 1035 §5) of this zone."""

    code = "invalid_zone_file"
