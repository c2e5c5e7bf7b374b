"""The rules of monitoring, as Prometheus has them. Pure; time is passed in."""
