"""Reconciliation: what Stripe holds against what we have written, both ways.

`reconcile` is one comparison, `ticking` has it done every few minutes, `report` is what it found. What is compared has a
module each: `sessions` (Stripe's payment pages), `purchases` (ours), `returns` (refunds and disputes) and `events` (the
inbox). `step` is what all of them work with, `ours` reads our side, `compare` decides without a database, and `cursors`
keeps how far each of Stripe's lists is done.
"""
