"""The fleet in containers: driven through the container engine's own API."""
