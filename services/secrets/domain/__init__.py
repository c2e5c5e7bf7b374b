"""Secrets rules: path policies, versions, leases, rotation."""
