"""Compliance rules: conditions, policies, decisions, scores."""
