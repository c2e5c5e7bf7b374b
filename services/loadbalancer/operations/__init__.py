"""Use cases of loadbalancer. Each runs in the transaction of its request, its events included."""
