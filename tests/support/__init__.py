"""What the tests against a live fleet share. Imports nothing of services/, shared/ or environment/."""
