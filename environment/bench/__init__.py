"""What the platform and its environment cost: seconds, CPU and memory, measured on this machine."""
