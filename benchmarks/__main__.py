"""Run the measurements, print a table and append to results.jsonl: `python -m benchmarks [NAME...]`."""

import argparse
import importlib
import json
import sys
from pathlib import Path

from benchmarks.harness import Figure, Row

_MODULES = (
    "behind_nginx",
    "cold_start",
    "forward_auth",
    "growth",
    "library",
    "provider",
    "seal",
    "session_check",
    "signins",
)
_RESULTS = Path(__file__).with_name("results.jsonl")
_HEADINGS = ("name", "ours µs", "peer µs", "ratio", "spread", "bar", "met")
_LINE = "{:<44} {:>10} {:>10} {:>7} {:>7}  {:<24} {}"


def main() -> int:
    """Measure; return 1 if a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("modules", nargs="*", metavar="NAME", help=", ".join(_MODULES))
    named = parser.parse_args().modules
    if unknown := set(named) - set(_MODULES):
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    rows: list[Row | Figure] = []
    for name in named or _MODULES:
        for row in importlib.import_module(f"benchmarks.{name}").measure():
            if not rows:
                print(row.interpreter)
                print(_LINE.format(*_HEADINGS))
            print(_line(row), flush=True)
            with _RESULTS.open("a", encoding="utf-8") as results:
                results.write(json.dumps(row.as_json(), ensure_ascii=False) + "\n")
            rows.append(row)
    missed = [row.name for row in rows if not row.met]
    if missed:
        print("missed:", ", ".join(missed), file=sys.stderr)
    return 1 if missed else 0


def _line(row: Row | Figure) -> str:
    met = "yes" if row.met else "NO"
    if isinstance(row, Figure):
        return _LINE.format(row.name, f"{row.value:.2f}", "", "", "", row.bar, met)
    figures = (f"{row.ours_us:.1f}", f"{row.peer_us:.1f}", f"{row.ratio:.2f}", f"{row.spread:.2f}")
    return _LINE.format(row.name, *figures, row.bar, met)


if __name__ == "__main__":
    sys.exit(main())
