"""Whom others vouch for: OpenID Connect and Clerk, asked and judged. Knows no request and no page."""
