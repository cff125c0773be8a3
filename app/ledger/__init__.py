"""The ledger: every movement of credits and the balance it leads to. No HTTP, no Stripe, no prices."""
