"""Use cases of the secrets service, by noun. Values go from the request to Vault and back, nowhere else.

Vault is the truth about versions; the tables follow. A write whose transaction fails after Vault has taken it leaves a
version more in Vault, which the next write builds upon.
"""
