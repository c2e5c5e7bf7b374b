"""Billing rules: periods, proration, rating, invoices."""
