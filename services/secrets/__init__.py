"""Secrets: versioned values, leases, rotation and encryption keys. Every value lives in Vault and nowhere else."""
