"""Task folders for Harbor, and what their verifier runs."""
