"""Reconciliation: what Stripe holds against what we have written, both ways."""
