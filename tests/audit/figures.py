"""A figure that a judge gave, the bound it is held to, and the line that says both."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`found` in `unit`, held to `bound`: a highest value, or with `at_least` a lowest. `said`: what to mend."""

    what: str
    found: float
    bound: float
    unit: str = ""
    at_least: bool = False
    said: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return self.found >= self.bound if self.at_least else self.found <= self.bound

    def row(self) -> str:
        """One line, and below it what the judge complained of."""
        sign, verdict = "≥" if self.at_least else "≤", "holds" if self.holds else "MISSED"
        line = f"{self.what:58} {self.found:>10,g} {self.unit:6} {sign} {self.bound:<8,g} {verdict}"
        return "\n".join([line, *(f"    {each}" for each in self.said)])


class Unheard(Exception):
    """A judge could not be asked; the reason says what is missing."""
