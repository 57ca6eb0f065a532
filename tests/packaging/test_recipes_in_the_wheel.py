"""The files of deploy/ that recipes print: a wheel holds them, and so does one made from the source distribution."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from gongpai.cli.recipes import find_recipe
from gongpai.gateway.records import World
from gongpai.gateway.store.migrate import migrate
from settings_of_tests import RIGHT

ROOT = Path(__file__).resolve().parents[2]


def build(kind: str, source: Path, folder: Path) -> Path:
    """Return what the build backend makes of *source*."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=source)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module", params=["sources", "source distribution"])
def unpacked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the contents of a wheel, made from either."""
    source = ROOT
    if request.param == "source distribution":
        archive = build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))
        folder = tmp_path_factory.mktemp("unpacked-sdist")
        with tarfile.open(archive) as sdist:
            sdist.extractall(folder, filter="data")
        (source,) = folder.iterdir()
    wheel = build("wheel", source, tmp_path_factory.mktemp("wheel"))
    folder = tmp_path_factory.mktemp("unpacked-wheel")
    with zipfile.ZipFile(wheel) as holding:
        holding.extractall(folder)  # noqa: S202  # made a moment ago
    return folder


@pytest.mark.parametrize("name", ["nginx", "caddy", "traefik", "envoy"])
def test_a_recipe_of_a_proxy_is_printed_whole(name: str, unpacked: Path, tmp_path: Path) -> None:
    storage = f"sqlite://{tmp_path}/gongpai.db"
    migrate(storage, World.WECOM)
    # What runs here is the wheel's: measured, it would count beside the tree as code that nothing tried.
    outside = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    environ = {**outside, **RIGHT, "GONGPAI_STORAGE": storage, "PYTHONPATH": str(unpacked), "LANG": "C"}
    command = ["-m", "gongpai.cli", "parties", "recipe", name, "--url", "https://app.corp.example"]
    shown = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=True, env=environ, cwd=tmp_path
    )
    for part in find_recipe(name).snippets:
        if part.ships:
            words = (ROOT / "deploy" / part.ships).read_text(encoding="utf-8").strip().splitlines()
            assert {words[0], words[-1]} <= set(shown.stdout.splitlines()), part.ships
    where = subprocess.run(
        [sys.executable, "-c", "import gongpai; print(gongpai.__file__)"],
        capture_output=True,
        text=True,
        check=True,
        env=environ,
        cwd=tmp_path,
    )
    assert where.stdout.startswith(str(unpacked))
