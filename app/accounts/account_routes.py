"""The account page: who is signed in, and how they want their pages. Thin: the rules stand in `preferences`."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.response import Response, Template

from app.accounts.account_view import AccountPage, PreferencesForm, preferences_form
from app.accounts.preferences import Preferences, chosen, keep
from app.errors import BadInput
from app.web.filters import moment_text, zone_text
from app.web.flash import Flash
from app.web.forms import read_form
from app.web.manner import manner_of
from app.web.rendering import go, page
from app.web.site import HttpRequest, Viewer, asked_at
from app.web.words import said

PATH = "/account"


@get(PATH)
async def account(request: HttpRequest, viewer: NamedDependency[Viewer]) -> Template:
    """The preferences came with the session, so this page asks the database for nothing."""
    kept = Preferences(viewer.theme or "system", viewer.manner.zone, viewer.manner.locale)
    return _page(request, viewer, preferences_form(kept))


@post(PATH)
async def choose(request: HttpRequest, viewer: NamedDependency[Viewer]) -> Response[None] | Template:
    """Keep the preferences; the next page shows them."""
    form = await read_form(request)
    typed = Preferences(form.line("theme"), form.line("time_zone"), form.line("locale"))
    try:
        preferences = chosen(typed)
    except BadInput as error:
        return _page(request, viewer, preferences_form(typed, error.problems), status=422)
    await keep(viewer.clerk_user_id, preferences)
    reader = manner_of(preferences.locale, preferences.time_zone)
    now = f"{moment_text(asked_at(request), reader)} {zone_text(reader)}"
    told = said("Your preferences are saved. It is now %(now)s.", now=now)
    return go(request, PATH, flash=Flash("done", told))


def _page(request: HttpRequest, viewer: Viewer, form: PreferencesForm, *, status: int = 200) -> Template:
    view = AccountPage(viewer.name, viewer.email, form)
    return page(request, "accounts/account.html", view, status=status)


ROUTES = [account, choose]
