"""Billing and metering: usage in, exact invoices out."""
