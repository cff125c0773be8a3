"""The inbox: events from Stripe, kept before they are acted upon."""
