"""Compliance: policies as data, decisions with the policy versions they rest on, exemptions, audits, scores."""
