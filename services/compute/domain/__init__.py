"""The rules of compute: capacity, placement, claims, states and metering. Pure; time is passed in."""
