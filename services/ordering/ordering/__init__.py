"""Ordering (bestilling): one order per provider, price; provider register, commitments, actuals."""
