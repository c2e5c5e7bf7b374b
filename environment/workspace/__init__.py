"""Workspaces: what an agent gets, and the pristine copy in which its work is judged."""
