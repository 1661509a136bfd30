"""What a benchmark tells: figures with their aims, and what it could not run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


class CannotRun(Exception):
    """What a benchmark needs is not here; the message says what."""


@dataclass(frozen=True)
class Figure:
    """One measured figure; with `aim`, `ratio` above 1 is better than it."""

    name: str
    value: float
    unit: str
    aim: float | None = None
    less_is_better: bool = True

    @property
    def ratio(self) -> float | None:
        if self.aim is None or not self.value:
            return None
        return self.aim / self.value if self.less_is_better else self.value / self.aim


@dataclass
class Report:
    """Collects figures. `say` shows each when it is known."""

    say: Callable[[str], None] = print
    figures: list[Figure] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)

    def time(
        self,
        work: Callable[[], object],
        *,
        rounds: int = 5,
        prepare: Callable[[], object] | None = None,
    ) -> float:
        """The median seconds of `work`; `prepare` is called before each round, unmeasured."""
        taken = []
        for _ in range(rounds):
            if prepare is not None:
                prepare()
            started = time.perf_counter()
            work()
            taken.append(time.perf_counter() - started)
        return statistics.median(taken)

    def rate(self, name: str, value: float, unit: str, *, aim: float | None = None) -> None:
        """A figure of which more is better, such as additions a second."""
        self._add(Figure(name, value, unit, aim, less_is_better=False))

    def cost(self, name: str, value: float, unit: str, *, aim: float | None = None) -> None:
        """A figure of which less is better, such as milliseconds."""
        self._add(Figure(name, value, unit, aim))

    def compare(self, name: str, values: Sequence[float]) -> None:
        """How the last of some costs stands to the first: 1 when it does not grow."""
        self._add(Figure(name, values[-1] / values[0], "× (last ÷ first)"))

    def could_not(self, name: str, why: str) -> None:
        self.not_run.append(f"{name}: {why}")
        self.say(f"{name:<52} not run: {why}")

    def _add(self, figure: Figure) -> None:
        self.figures.append(figure)
        self.say(line(figure))


def line(figure: Figure) -> str:
    number = f"{figure.value:,.0f}" if abs(figure.value) >= 1000 else f"{figure.value:,.3g}"
    text = f"{figure.name:<52} {number:>12} {figure.unit}"
    if figure.aim is None or figure.ratio is None:
        return text
    verdict = "better than" if figure.ratio >= 1 else "BEHIND"
    return f"{text}   {figure.ratio:.2f}× ({verdict} the aim of {figure.aim:,g})"
