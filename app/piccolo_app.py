"""The one Piccolo app: every table of the product and where its migrations live."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from app.accounts.tables import (
    AuditNote,
    Identity,
    Preferences,
    RateLimit,
    Session,
    SignInLink,
    SpentSignIn,
    User,
)
from app.checkout.tables import Purchase
from app.ledger.tables import CreditTransaction, ReturnWithoutCredits
from app.reconcile.tables import ReconcileCursor
from app.watch.tables import Alert
from app.webhooks.tables import StripeEvent
from app.workshops.tables import Draft, Workshop, WorkshopStep

APP_CONFIG = AppConfig(
    app_name="billing",
    migrations_folder_path=str(Path(__file__).parent.parent / "piccolo_migrations"),
    table_classes=[
        User,
        Workshop,
        WorkshopStep,
        Draft,
        Purchase,
        CreditTransaction,
        ReturnWithoutCredits,
        StripeEvent,
        Preferences,
        Identity,
        SignInLink,
        Session,
        RateLimit,
        AuditNote,
        ReconcileCursor,
        SpentSignIn,
        Alert,
    ],
)
