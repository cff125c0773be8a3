"""The running product that is judged, its demo people, and the browser that looks at it."""

from dataclasses import dataclass, field

from tests.gallery.visitors import session_of


@dataclass
class Site:
    """A product and a browser's program. A person signs in once for all judges."""

    base_url: str
    browser: str
    _sessions: dict[str, dict[str, str]] = field(default_factory=dict)

    def cookies(self, person: str) -> dict[str, str]:
        if person not in self._sessions:
            self._sessions[person] = session_of(self.base_url, person)
        return self._sessions[person]
