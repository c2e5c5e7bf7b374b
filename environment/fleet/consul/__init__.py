"""A small Consul for the local fleet: KV, sessions and locks, services with executed checks, health, catalogue, ACL.

`python -m environment.fleet.consul --port 8500 --data-dir DIR --config settings.json`

One agent that is its own server, one datacenter, one node. Paths, bodies, headers, status codes and messages are
Consul's (https://developer.hashicorp.com/consul/api-docs); what it does not have answers 404 as an unknown path does.
"""
