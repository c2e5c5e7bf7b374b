"""The gateway's rules: routing, header hygiene, client address, credentials, limits."""
