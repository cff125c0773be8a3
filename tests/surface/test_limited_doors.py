"""Which doors count how often they are opened, and what the one too many is told (ACCT-04, W44)."""

from tests.surface.people import Owner
from tests.surface.walk import doors, fingerprint
from tests.workshops.site import HTMX, Site

LIMITED = {
    "GET /purchases/{purchase_id}/payment": "payment-service",
    "GET /purchases/{purchase_id}/stripe-receipt": "payment-service",
    "GET /sign-in/oidc": "provider",
    "GET /sign-in/oidc/callback": "provider",
    "GET /statements/{name}": "statement",
    "POST /checkout": "checkout",
    "POST /purchases/{purchase_id}/close": "payment-service",
    "POST /sign-in": "links-asked",
    "POST /sign-in/demo": "demo",
    "POST /sign-in/email/{token}": "links-used",
    "POST /workshops": "workshops",
    "POST /workshops/{workshop_id}/unlock": "unlock",
}


def test_every_door_that_costs_something_is_limited(site: Site) -> None:
    """A new door that signs in, spends, asks the payment service or exports says its limit here."""
    found = {
        str(door): limit.name
        for door in doors(site.app)
        for limit in door.opt.get("limits", ())
        if "csv" not in door.path and "export" not in door.path
    }
    assert found.items() >= LIMITED.items()
    large = [door for door in doors(site.app) if door.path.endswith((".csv", "/export"))]
    assert all([each.name for each in door.opt.get("limits", ())] == ["export"] for door in large)


async def test_one_purchase_too_many_is_told_when_to_come_again_and_writes_nothing(
    site: Site, alice: Owner
) -> None:
    """W44, ACCT-04: as a page and for htmx; nobody else is kept from anything, and the webhook least of all."""
    for _ in range(30):
        assert (await alice.browser.post("/checkout", {"pack": "none"})).status_code == 422
    before = await fingerprint()
    refused = await alice.browser.post("/checkout", {"pack": "single-flight"})
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert "then try again. Nothing was charged." in refused.text
    swapped = await alice.browser.post("/checkout", {"pack": "single-flight"}, HTMX)
    assert (swapped.status_code, swapped.headers["hx-retarget"]) == (429, "#flash")
    assert await fingerprint() == before
    assert (await alice.browser.get("/pricing")).status_code == 200
    unsigned = await alice.browser.client.post("/webhooks/stripe", json={})
    assert unsigned.status_code == 400
