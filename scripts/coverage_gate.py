"""Refuse a test run that left too much untried: `python scripts/coverage_gate.py`, after `coverage combine`.

Lines and branches count. Overall 95 % must be covered; the pure rooms, which are named once in the import contract
that keeps them pure, wholly.
"""

import sys
import tomllib
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from coverage import Coverage

_ROOT = Path(__file__).resolve().parent.parent
_PURE_CONTRACT = "Pure rooms do no IO"
_OVERALL_PERCENT = 95.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the run covered, and what stands in the way."""

    percent: float
    faults: tuple[str, ...]


def pure_files(pyproject: Path) -> list[Path]:
    """Return the files of the pure rooms that *pyproject* names."""
    settings = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (contract,) = (contract for contract in contracts if contract["name"] == _PURE_CONTRACT)
    files: list[Path] = []
    for module in contract["source_modules"]:
        place = pyproject.parent / "src" / Path(*module.split("."))
        files += sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    return files


def judge(coverage: Coverage, pure: list[Path]) -> Verdict:
    """Compare what *coverage* has recorded with what is asked."""
    percent = coverage.report(file=StringIO())
    faults = []
    if percent < _OVERALL_PERCENT:
        table = StringIO()
        coverage.report(file=table)
        faults.append(f"{table.getvalue()}\ncovered: {percent:.2f} %, asked: {_OVERALL_PERCENT:g} %")
    for file in pure:
        table = StringIO()
        if coverage.report(morfs=[str(file)], file=table, skip_empty=False) < 100:  # noqa: PLR2004 - all of it
            faults.append(f"a pure room must be covered wholly:\n{table.getvalue()}")
    return Verdict(percent, tuple(faults))


def main() -> int:
    """Print the verdict; return 1 if the run is refused."""
    coverage = Coverage(config_file=str(_ROOT / "pyproject.toml"))
    coverage.load()
    pure = pure_files(_ROOT / "pyproject.toml")
    verdict = judge(coverage, pure)
    print(f"coverage with branches: {verdict.percent:.2f} %; {len(pure)} pure files asked for 100 %")
    print(*verdict.faults, sep="\n", end="\n" if verdict.faults else "")
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
