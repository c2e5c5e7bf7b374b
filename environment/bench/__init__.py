"""Measurements of the platform and its environment."""
