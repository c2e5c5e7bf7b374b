"""End points of loadbalancer: parse, call an operation, return. A file for each noun of the URLs."""

from services.loadbalancer.api import backends, load_balancers, pools, traffic, usage

ROUTERS = [pools.router, backends.router, traffic.router, load_balancers.router, usage.router]
