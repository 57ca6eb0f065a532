"""Compare two ways of doing one thing by the CPU time they take, in interleaved rounds.

A module of this folder offers `measure()`, which yields one `Row` a measurement, made by `compare`, or a `Figure`, made
by `state`, where there is nobody to compare with.
"""

import platform
import statistics
import sys
import sysconfig
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

_ROUNDS = 11
_ROUND_CPU_SECONDS = 0.2
# A compiler at run time, such as V8's, needs most of a second until a peer is as fast as it stays.
_WARM_UP_CPU_SECONDS = 1.5
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Side:
    """One contestant.

    `run(n)` does the thing n times. `cpu_seconds()` is the CPU clock of the process that is measured: this one, or
    that of another by `cpu_clock_of(pid)`.
    """

    name: str
    run: Callable[[int], object]
    cpu_seconds: Callable[[], float] = time.process_time


@dataclass(frozen=True, slots=True)
class Bar:
    """What must hold: a ratio to the peer, microseconds an operation, or both."""

    max_ratio: float | None = None
    max_us: float | None = None

    def is_met(self, ours_us: float, ratio: float) -> bool:
        """Return whether both limits hold."""
        return (self.max_ratio is None or ratio <= self.max_ratio) and (self.max_us is None or ours_us <= self.max_us)

    def __str__(self) -> str:
        limits = [] if self.max_ratio is None else [f"ratio <= {self.max_ratio:g}"]
        if self.max_us is not None:
            limits.append(f"{self.max_us:g} us")
        return ", ".join(limits) or "none"


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement, as it is printed and kept in results.jsonl; `spread` is the ratios' interquartile range."""

    name: str
    ours: str
    peer: str
    ours_us: float
    peer_us: float
    ratio: float
    spread: float
    bar: str
    met: bool
    interpreter: str
    when: str
    rounds: int

    def as_json(self) -> dict[str, str | float | bool]:
        """Return the row with figures rounded to what they can bear."""
        rounded = {key: round(value, 3) for key, value in asdict(self).items() if isinstance(value, float)}
        return {**asdict(self), **rounded}


@dataclass(frozen=True, slots=True)
class Figure:
    """A measurement that no peer is needed for: the median of `rounds` values, in `unit`."""

    name: str
    ours: str
    value: float
    unit: str
    bar: str
    met: bool
    interpreter: str
    when: str
    rounds: int

    def as_json(self) -> dict[str, str | float | bool]:
        """Return the figure rounded to what it can bear."""
        return {**asdict(self), "value": round(self.value, 3)}


def state(name: str, ours: str, values: Sequence[float], unit: str, most: float | None = None) -> Figure:
    """Return the median of *values*, which must not be over *most*."""
    value = statistics.median(values)
    return Figure(
        name=name,
        ours=ours,
        value=value,
        unit=unit,
        bar="none" if most is None else f"{most:g} {unit}",
        met=most is None or value <= most,
        interpreter=interpreter(),
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        rounds=len(values),
    )


def compare(
    name: str, ours: Side, peer: Side, bar: Bar, *, rounds: int = _ROUNDS, operations: int | None = None
) -> Row:
    """Measure *ours* against *peer* in interleaved rounds of *operations*, or of about 0.2 s of CPU each."""
    counts = {side.name: operations or _calibrate(side) for side in (ours, peer)}
    ours_us: list[float] = []
    peer_us: list[float] = []
    for number in range(rounds):
        order = ((ours, ours_us), (peer, peer_us))
        for side, figures in order if number % 2 == 0 else reversed(order):
            figures.append(_cost_us(side, counts[side.name]))
    ratios = [mine / theirs for mine, theirs in zip(ours_us, peer_us, strict=True)]
    quartiles = statistics.quantiles(ratios, n=4)
    cost, ratio = statistics.median(ours_us), statistics.median(ratios)
    return Row(
        name=name,
        ours=ours.name,
        peer=peer.name,
        ours_us=cost,
        peer_us=statistics.median(peer_us),
        ratio=ratio,
        spread=quartiles[2] - quartiles[0],
        bar=str(bar),
        met=bar.is_met(cost, ratio),
        interpreter=interpreter(),
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        rounds=rounds,
    )


def cpu_clock_of(*pids: int) -> Callable[[], float]:
    """Return a clock of the CPU seconds that the processes *pids* have used, children not counted (Linux)."""
    # The kernel makes a clock of each process: clock_getcpuclockid(3), which Python lacks for other processes.
    clocks = [(~pid << 3) | 2 for pid in pids]
    return lambda: sum(time.clock_gettime(clock) for clock in clocks)


def interpreter() -> str:
    """Return the name of this Python and how it was built, which shifts every figure."""
    arguments = sysconfig.get_config_var("CONFIG_ARGS") or ""
    build = "optimised" if "--enable-optimizations" in arguments else "plain"
    # Distributions optimise theirs by other means, which leave no word there.
    if sys.base_prefix == "/usr":
        build = "distribution's"
    return f"{platform.python_implementation()} {platform.python_version()} ({build} build)"


def _calibrate(side: Side) -> int:
    """Return how many operations fill a round, having warmed the side up."""
    count, used = 1, 0.0
    while True:
        cost = _cost_us(side, count) * count / _MICRO
        used += cost
        if cost < _ROUND_CPU_SECONDS / 4:
            count *= 2
        elif used >= _WARM_UP_CPU_SECONDS:
            return max(1, round(count * _ROUND_CPU_SECONDS / cost))


def _cost_us(side: Side, count: int) -> float:
    before = side.cpu_seconds()
    side.run(count)
    return (side.cpu_seconds() - before) * _MICRO / count
