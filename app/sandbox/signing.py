"""Signs a webhook the way Stripe does. Knows nothing of what is sent."""

import hashlib
import hmac


def signature_header(body: bytes, secret: str, at: int) -> str:
    """The `Stripe-Signature` of a body at a moment."""
    signed = str(at).encode() + b"." + body
    return f"t={at},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
