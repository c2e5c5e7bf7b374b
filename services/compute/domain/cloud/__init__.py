"""The port to clouds, shaped after Apache Libcloud's compute drivers, and a deterministic simulated cloud behind it."""
