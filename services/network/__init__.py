"""network: VPCs, subnets, addresses, routes, firewalls, peerings and VPN tunnels."""
