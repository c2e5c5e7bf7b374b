"""loadbalancer: pools, backends, balancing algorithms, health, listeners."""
