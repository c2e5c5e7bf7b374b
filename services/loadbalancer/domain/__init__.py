"""The rules of load balancing. Pure; time is passed in."""
