"""The fifteen services, one folder each, all with the same floor plan."""
