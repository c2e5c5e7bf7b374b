"""monitor: metrics, range queries, alert rules, silences."""
