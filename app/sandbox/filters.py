"""How pages write money and moments. Knows nothing of what they belong to."""

from datetime import UTC, datetime

ZERO_DECIMAL = frozenset(
    (
        "bif",
        "clp",
        "djf",
        "gnf",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "ugx",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    )
)
THREE_DECIMAL = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))
SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}


def money(amount_cents: int, currency: str) -> str:
    """Minor units as a price: `$79.00`, `¥7,900`, `KWD 7.900`."""
    places = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    whole, part = divmod(abs(amount_cents), 10**places)
    sign = "−" if amount_cents < 0 else ""
    unit = SIGNS.get(currency, f"{currency.upper()} ")
    return f"{sign}{unit}{whole:,}" + (f".{part:0{places}d}" if places else "")


def moment(at: float) -> str:
    """A moment in UTC, to the second."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


FILTERS = {"money": money, "moment": moment}
