"""The part of Stripe's API that the sandbox speaks: one door, and one module per kind of object."""
