"""The door of the balance explained: what it is made of, how it came to be, and what it was on any day."""

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Template

from app.transactions.balance.reading import day_end, life_of
from app.transactions.balance.view import BalanceView, day_answer, day_asked, life_view
from app.web.rendering import page, wants_fragment
from app.web.site import HttpRequest, Viewer, asked_at


@get("/balance")
async def balance(request: HttpRequest, viewer: NamedDependency[Viewer]) -> Template:
    """The balance in a sentence and over time; with `on`, also when that UTC day ended."""
    user_id, now = viewer.clerk_user_id, asked_at(request)
    asked = day_asked(request.query_params.get("on", "").strip(), now=now)
    is_fragment = wants_fragment(request.headers)
    pushed = "false" if asked.problem else asked.href
    answer = day_answer(await day_end(user_id, asked.day), now=now) if asked.day else None
    life = None if is_fragment else life_view(await life_of(user_id, now=now), now=now)
    return page(
        request,
        "transactions/balance.html",
        BalanceView(life, asked, answer),
        part="transactions/_day.html",
        status=422 if asked.problem else 200,
        live=(asked.problem or (f"{answer.heading}: {answer.balance_text}." if answer else ""))
        if is_fragment
        else None,
        headers={"HX-Push-Url": pushed} if is_fragment else None,
    )


ROUTES = [balance]
