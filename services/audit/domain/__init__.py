"""Audit rules: the hash chain, checkpoints, verification."""
