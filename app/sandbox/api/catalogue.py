"""Products and their prices. A price's amount never changes; a lookup key names one active price at a time."""

from app.sandbox import objects
from app.sandbox.api.call import Call, Endpoint, filters, list_objects, merged_metadata, reader
from app.sandbox.errors import refused
from app.sandbox.shapes import (
    LIST,
    clearable,
    currency,
    flag,
    metadata,
    missing_param,
    moment_range,
    one_of,
    text,
    whole,
)
from app.sandbox.store import Document, Wanted

PRODUCT_FIELDS = {"name": text, "active": flag, "description": clearable, "metadata": metadata}
PRICE_FIELDS = {
    "active": flag,
    "lookup_key": text,
    "transfer_lookup_key": flag,
    "nickname": clearable,
    "metadata": metadata,
}
NEW_PRICE = {
    **PRICE_FIELDS,
    "currency": currency,
    "unit_amount": whole,
    "product": text,
    "product_data": {"name": text, "active": flag, "metadata": metadata},
    "billing_scheme": one_of("per_unit"),
    "tax_behavior": one_of("unspecified"),
}


def create_product(call: Call) -> Document:
    """A new product."""
    return call.change.add(objects.product(dict(call.params), call.change.now))


def update_product(call: Call) -> Document:
    """Change what is given, leave the rest."""
    found = call.change.load("product", call.object_id)
    changed = dict(call.params) | {
        "metadata": merged_metadata(found, call.params),
        "updated": call.change.now,
    }
    return call.change.save(found | changed)


def create_price(call: Call) -> Document:
    """A new price of a product that exists or is made with it. Raises: ApiError: its lookup key is taken."""
    _claim_lookup_key(call, "")
    return call.change.add(objects.price(dict(call.params), _product_of(call), call.change.now))


def update_price(call: Call) -> Document:
    """Change what may be changed of a price: never its amount."""
    found = call.change.load("price", call.object_id)
    _claim_lookup_key(call, found["id"])
    changed = {name: value for name, value in call.params.items() if name != "transfer_lookup_key"}
    return call.change.save(found | changed | {"metadata": merged_metadata(found, call.params)})


def list_products(call: Call) -> Document:
    """Products, newest first."""
    ids = {"id": call.params["ids"]} if "ids" in call.params else {}
    created = call.params.get("created", {})
    return list_objects(call, Wanted("product", filters(call, "active"), ids, created))


def list_prices(call: Call) -> Document:
    """Prices, newest first, by lookup key among others."""
    keys = {"lookup_key": call.params["lookup_keys"]} if "lookup_keys" in call.params else {}
    equals = filters(call, "active", "product", "currency", "type")
    return list_objects(call, Wanted("price", equals, keys, call.params.get("created", {})))


def _product_of(call: Call) -> str:
    if "product" in call.params:
        return str(call.change.named("product", call.params["product"], "product")["id"])
    if "name" not in call.params.get("product_data", {}):
        raise missing_param("product")
    return str(call.change.add(objects.product(call.params["product_data"], call.change.now))["id"])


def _claim_lookup_key(call: Call, own_id: str) -> None:
    key = call.params.get("lookup_key")
    holders = call.change.store.newest(Wanted("price", {"lookup_key": key})) if key else []
    for holder in holders:
        if holder["id"] == own_id:
            continue
        if not call.params.get("transfer_lookup_key"):
            message = f"A price (`{holder['id']}`) already uses that lookup key."
            raise refused("lookup_key", message)
        call.change.save(holder | {"lookup_key": None})


ENDPOINTS = (
    Endpoint("POST", "/v1/products", create_product, {**PRODUCT_FIELDS, "id": text}, ("name",)),
    Endpoint(
        "GET", "/v1/products", list_products, {**LIST, "active": flag, "ids": [text], "created": moment_range}
    ),
    Endpoint("GET", "/v1/products/{id}", reader("product")),
    Endpoint("POST", "/v1/products/{id}", update_product, PRODUCT_FIELDS),
    Endpoint("POST", "/v1/prices", create_price, NEW_PRICE, ("currency", "unit_amount")),
    Endpoint(
        "GET",
        "/v1/prices",
        list_prices,
        {
            **LIST,
            "lookup_keys": [text],
            "active": flag,
            "product": text,
            "currency": currency,
            "type": one_of("one_time", "recurring"),
            "created": moment_range,
        },
    ),
    Endpoint("GET", "/v1/prices/{id}", reader("price")),
    Endpoint("POST", "/v1/prices/{id}", update_price, PRICE_FIELDS),
)
