"""Use cases of network: each runs in its request's transaction and publishes what it changed."""
