"""compute: hosts, placement and the life cycle of instances."""
