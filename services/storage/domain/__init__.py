"""The rules of storage: names, parts, listings, versions, lifecycles, volume states. Pure Python."""
