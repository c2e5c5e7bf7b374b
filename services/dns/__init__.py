"""dns: authoritative zones, record sets, routing policies and zone files."""
