"""Adapters of the infrastructure servers."""
