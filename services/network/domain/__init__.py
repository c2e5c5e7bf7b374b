"""The rules of networking. Pure; time is passed in."""
