"""Use cases of compute: each runs in its caller's transaction and publishes what it changed."""
