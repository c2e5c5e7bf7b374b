"""What the end points of loadbalancer have in common."""

READ, WRITE = "loadbalancer:read", "loadbalancer:write"
