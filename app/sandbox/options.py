"""Says what a sandbox can be told before it starts. Reads no environment."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SandboxOptions:
    """How one sandbox is set up; everything else can be switched while it runs.

    Units: `time_scale` divides every wait that Stripe would make (retry gaps, settling), never a visible time.
    """

    database: str = ":memory:"
    public_url: str = "http://127.0.0.1:8001"
    forward_to: str | None = None
    webhook_secret: str = "whsec_sandbox"  # noqa: S105 (guards nothing: no real money moves here)
    hold_redirect_seconds: float = 10.0
    time_scale: float = 1.0
