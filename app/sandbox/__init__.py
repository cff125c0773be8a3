"""An offline stand-in for Stripe: its API, its payment page and its webhooks. Knows nothing of the product."""
