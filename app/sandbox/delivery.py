"""Sends events from the outbox, at least once, signed anew each time, and tries again as Stripe would.

Decides when and how to send. Knows nothing of what an event means.
"""

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import httpx

from app.sandbox.faults import DeliveryFault
from app.sandbox.moves.timers import run_due
from app.sandbox.signing import signature_header
from app.sandbox.store import Document
from app.sandbox.world import World

RETRY_GAPS_SECONDS = (5, 30, 120, 600, 3600)
HOURLY_UNTIL_ATTEMPT = 5 + 72
TIMEOUT_SECONDS = 10.0
AT_ONCE = 8
SHUFFLE_STEP_SECONDS = 0.15
FORGERY = "whsec_not_the_secret"
POSTPONING = frozenset({DeliveryFault.DELAY, DeliveryFault.SHUFFLE, DeliveryFault.DROP})
DISGUISING = frozenset(DeliveryFault) - POSTPONING


@dataclass(frozen=True)
class Parcel:
    """One delivery that is due."""

    delivery_id: int
    event: Document
    body: bytes
    url: str
    secret: str
    attempt: int


class Outbox:
    """The worker that empties the outbox for as long as the sandbox lives."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._under_way: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Send what is due, let happen what is due, sleep until the next of either."""
        transport = self.world.webhook_transport
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, transport=transport) as http:
            try:
                while not self.world.closing.is_set():
                    self.world.bell.clear()
                    self._let_happen()
                    self._start_due(http)
                    # Not wait_for: before Python 3.12 it can swallow a cancellation, and the worker never ended.
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._idle_seconds()):
                            await self.world.bell.wait()
            finally:
                await self._abandon()

    async def wait_for(self, event_id: str, seconds: float) -> bool:
        """Whether every endpoint took this event before the time was over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._is_over(event_id) and not self.world.closing.is_set():
                    await self.world.next_delivery()
        return self._is_over(event_id)

    async def quiet(self) -> None:
        """Wait until nothing is due and nothing is under way."""
        while self._due() or self._under_way:
            await self.world.next_delivery()

    def _is_over(self, event_id: str) -> bool:
        sql = "SELECT 1 FROM deliveries WHERE event_id = ? AND state != 'delivered'"
        return self.world.store.row(sql, event_id) is None

    def _let_happen(self) -> None:
        if self.world.store.row("SELECT 1 FROM timers WHERE due_at <= ?", self.world.clock.now()):
            with self.world.change() as change:
                run_due(change)

    def _due(self) -> list[int]:
        sql = "SELECT id FROM deliveries WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at, id"
        return [row["id"] for row in self.world.store.rows(sql, self.world.clock.now())]

    def _start_due(self, http: httpx.AsyncClient) -> None:
        for delivery_id in self._due():
            if len(self._under_way) >= AT_ONCE:
                return
            if delivery_id not in self._under_way and (parcel := self._parcel(delivery_id)):
                task = asyncio.create_task(self._deliver(http, parcel))
                self._under_way[delivery_id] = task
                task.add_done_callback(partial(self._finished, delivery_id))

    def _finished(self, delivery_id: int, _: asyncio.Task[None]) -> None:
        del self._under_way[delivery_id]
        self.world.bell.set()
        self.world.delivered.set()

    def _idle_seconds(self) -> float:
        """How long nothing can fall due; the bell rings for everything new."""
        waiting = "SELECT min(due_at) FROM deliveries WHERE state = 'waiting' AND due_at > ?"
        now = self.world.clock.now()
        moments = [
            self.world.store.rows(waiting, now)[0][0],
            self.world.store.rows("SELECT min(due_at) FROM timers")[0][0],
        ]
        return min([max(moment - now, 0.001) for moment in moments if moment is not None], default=60.0)

    def _parcel(self, delivery_id: int) -> Parcel | None:
        """What is to be sent now; None if a fault or a vanished endpoint says otherwise."""
        store = self.world.store
        row = store.row("SELECT * FROM deliveries WHERE id = ?", delivery_id)
        if row is None:
            return None
        event, endpoint = (
            store.get("event", row["event_id"]),
            store.get("webhook_endpoint", row["endpoint_id"]),
        )
        if event is None or endpoint is None:
            self._close(delivery_id, "given_up")
            return None
        if not row["postponed"] and self._postponed(delivery_id, event["type"]):
            return None
        secret = store.private(endpoint["id"])["secret"]
        body = json.dumps(event).encode()
        return Parcel(delivery_id, event, body, endpoint["url"], secret, row["attempts"] + 1)

    def _postponed(self, delivery_id: int, event_type: str) -> bool:
        fault = self.world.faults.take_delivery(event_type, POSTPONING)
        if fault is None:
            return False
        if fault.kind is DeliveryFault.DROP:
            self._close(delivery_id, "dropped")
            return True
        wait = (
            fault.seconds if fault.kind is DeliveryFault.DELAY else SHUFFLE_STEP_SECONDS * (fault.times + 1)
        )
        sql = "UPDATE deliveries SET due_at = ?, postponed = 1 WHERE id = ?"
        self.world.store.run(sql, self.world.clock.now() + wait, delivery_id)
        return True

    async def _deliver(self, http: httpx.AsyncClient, parcel: Parcel) -> None:
        fault = self.world.faults.take_delivery(parcel.event["type"], DISGUISING)
        kind = None if fault is None else fault.kind
        posts = 2 if kind is DeliveryFault.DUPLICATE else 1
        results = await asyncio.gather(*(self._post(http, parcel, kind) for _ in range(posts)))
        self._record(parcel, delivered=any(results))

    async def _post(self, http: httpx.AsyncClient, parcel: Parcel, kind: object) -> bool:
        body, headers = _disguised(parcel, kind)
        began = time.monotonic()
        status: int | None = None
        try:
            answer = await http.post(parcel.url, content=body, headers=headers)
            status, detail = answer.status_code, answer.text[:200]
        except (
            Exception
        ) as error:  # whatever a transport raises, it is an attempt that failed, to be made again
            detail = f"{type(error).__name__}: {error}"[:200]
        self.world.store.run(
            "INSERT INTO attempts (delivery_id, at, status, detail, seconds) VALUES (?, ?, ?, ?, ?)",
            parcel.delivery_id,
            self.world.clock.now(),
            status,
            detail,
            time.monotonic() - began,
        )
        return status is not None and 200 <= status < 300

    def _record(self, parcel: Parcel, *, delivered: bool) -> None:
        if delivered:
            self._close(parcel.delivery_id, "delivered")
        elif parcel.attempt >= HOURLY_UNTIL_ATTEMPT:
            self._close(parcel.delivery_id, "given_up")
        else:
            gap = RETRY_GAPS_SECONDS[min(parcel.attempt, len(RETRY_GAPS_SECONDS)) - 1]
            self.world.store.run(
                "UPDATE deliveries SET attempts = ?, due_at = ? WHERE id = ?",
                parcel.attempt,
                self.world.clock.after(gap),
                parcel.delivery_id,
            )

    def _close(self, delivery_id: int, state: str) -> None:
        sql = "UPDATE deliveries SET state = ?, attempts = attempts + 1 WHERE id = ?"
        self.world.store.run(sql, state, delivery_id)

    async def _abandon(self) -> None:
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _disguised(parcel: Parcel, kind: object) -> tuple[bytes, dict[str, str]]:
    """The bytes and headers of one attempt, with whatever is to be wrong about them."""
    # The receiver compares with its own clock, so the real time counts, not the sandbox's.
    shift = {DeliveryFault.STALE: -600, DeliveryFault.FUTURE: 600}.get(kind, 0)  # type: ignore[call-overload]
    body = _thin(parcel.event) if kind is DeliveryFault.THIN else parcel.body
    secret = FORGERY if kind is DeliveryFault.BAD_SIGNATURE else parcel.secret
    return body, {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "stripe-signature": signature_header(body, secret, int(time.time()) + int(shift)),
    }


def _thin(event: Document) -> bytes:
    """The same event in the form that only names its object."""
    subject = event["data"]["object"]
    notice = {
        "id": event["id"],
        "object": "v2.core.event",
        "type": f"v1.{event['type']}",
        "created": datetime.fromtimestamp(event["created"], UTC).isoformat().replace("+00:00", "Z"),
        "livemode": False,
        "related_object": {"id": subject["id"], "type": subject["object"], "url": _url_of(subject)},
    }
    return json.dumps(notice).encode()


def _url_of(subject: Document) -> str:
    folder = subject["object"].replace(".", "/") + "s"
    return f"/v1/{folder}/{subject['id']}"
