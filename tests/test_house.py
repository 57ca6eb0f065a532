"""The rules of CONTRIBUTING.md that a machine can check."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES = 350
FUNCTION_LINES = 50
PORT_METHODS = 5
SHAPELESS = {"utils", "util", "helpers", "helper", "common", "core", "base", "manager", "managers", "misc", "service"}
# Each has one letter or dot in brackets, so that this file does not hold what it forbids.
REGISTRY_HOSTS = re.compile(
    r"pypi[.]org|pythonhosted[.]org|npmjs[.](org|com)|npmmirror[.]com|pypi[.]tuna|mirrors[.]\w+[.]c"
)
MACHINE_PATHS = re.compile(r"(?<![\w.])/(hom[e]/[a-z]|roo[t]/|User[s]/[a-z])|[\"'\s]/wor[k]/")
LOOSE_TODO = re.compile(r"\bTOD[O]\b(?!.*#\d+)|\bFIXM[E]\b")
# Parts of other hands, kept as they came.
VENDORED = re.compile(r"/static/(wecom-jssdk|weui)-[\d.]+")
TEXTS = [".py", ".md", ".toml", ".txt", ".json", ".html", ".css", ".js", ".svg", ".yaml", ".yml", ".conf", ".service"]


def tracked(*suffixes: str) -> list[Path]:
    """Return the files of the repository, tracked or about to be, with one of *suffixes*."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
    files = (ROOT / name for name in names if name and not VENDORED.search(f"/{name}"))
    return sorted(file for file in files if file.is_file() and (not suffixes or file.suffix in suffixes))


def short(file: Path) -> str:
    """Return the name by which a person knows *file*."""
    return file.relative_to(ROOT).as_posix()


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of *file*."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def found(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    """Return where *pattern* occurs in *files*, as file:line: text."""
    places = []
    for file in files:
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if pattern.search(line):
                places.append(f"{short(file)}:{number}: {line.strip()[:120]}")
    return places


def test_a_file_is_at_most_350_lines() -> None:
    lengths = {
        short(file): len(file.read_text(encoding="utf-8").splitlines()) for file in tracked(".py", ".js", ".css")
    }
    assert {name: length for name, length in lengths.items() if length > FILE_LINES} == {}


def test_a_function_is_at_most_50_lines() -> None:
    lengths = {
        f"{short(file)}:{function.name}": (function.end_lineno or 0) - function.lineno + 1
        for file in tracked(".py")
        for function in functions(file)
    }
    assert {name: length for name, length in lengths.items() if length > FUNCTION_LINES} == {}


def test_a_port_has_at_most_five_methods() -> None:
    too_wide = {}
    for file in tracked(".py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and "Protocol" in {
                ast.unparse(base).split("[")[0] for base in node.bases
            }:
                methods = [each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
                if len(methods) > PORT_METHODS:
                    too_wide[f"{short(file)}:{node.name}"] = len(methods)
    assert too_wide == {}


def test_no_file_or_folder_has_a_shapeless_name() -> None:
    parts = {part.split(".")[0] for file in tracked(".py") for part in file.relative_to(ROOT).parts}
    assert parts & SHAPELESS == set()


def test_every_room_says_what_it_is_for() -> None:
    modules = [file for file in tracked(".py") if (ROOT / "src") in file.parents]
    silent = [short(file) for file in modules if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))]
    assert [name for name in silent if "/migrations/versions/" not in name] == []


def test_every_error_class_ends_in_error() -> None:
    files = [file for file in tracked(".py") if (ROOT / "src") in file.parents]
    bases = re.compile(r"(Error|Exception)$")
    names = [
        f"{short(file)}:{node.name}"
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and any(bases.search(ast.unparse(base)) for base in node.bases)
    ]
    assert [name for name in names if not name.endswith("Error")] == []


def test_nothing_names_a_package_registry() -> None:
    assert found(REGISTRY_HOSTS, tracked()) == []


def test_nothing_names_a_path_of_one_machine() -> None:
    assert found(MACHINE_PATHS, tracked(*TEXTS)) == []


def test_what_is_left_to_do_names_an_issue() -> None:
    # pyproject.toml configures the lint rule of that name.
    files = [file for file in tracked(*TEXTS) if file.name != "pyproject.toml"]
    assert found(LOOSE_TODO, files) == []


def test_readers_of_chinese_are_addressed_in_one_form() -> None:
    # 您, as WeCom's own pages do; a greeting is nobody's address.
    spoken = [file for file in tracked(*TEXTS) if {"src", "docs"} & set(file.relative_to(ROOT).parts[:-1])]
    assert found(re.compile("你(?!好)"), [*spoken, ROOT / "README.zh.md"]) == []


def test_no_test_is_skipped_or_patches_our_code() -> None:
    evasive = re.compile(r"pytest\.(mark\.)?(skip|xfail|importorskip)|unittest\.mock|monkeypatch\.setattr|mocker")
    tests = [file for file in tracked(".py") if (ROOT / "tests") in file.parents and file != Path(__file__)]
    assert found(evasive, tests) == []


def test_requirements_are_pinned_and_hashed() -> None:
    for file in sorted((ROOT / "requirements").glob("*.txt")):
        text = file.read_text(encoding="utf-8")
        wanted = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)
        assert wanted
        assert [each.split()[0] for each in wanted if "==" not in each or "--hash=sha256:" not in each] == []


def test_every_ignored_lint_rule_has_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    rules = tomllib.loads(text)["tool"]["ruff"]["lint"]["ignore"]
    assert [rule for rule in rules if not re.search(rf'"{rule}",\s+# \w+', text)] == []


def test_every_type_ignore_names_its_code() -> None:
    bare = re.compile(r"#\s*type:\s*ignore(?!\[[\w-]+\]\s+#\s\w)|#\s*noqa(?!:)")
    assert found(bare, [file for file in tracked(".py") if file != Path(__file__)]) == []


def placeholders(catalogue: dict[str, Any], prefix: str = "") -> dict[str, set[str]]:
    """Return the places to fill of each text of *catalogue*, by its dotted key."""
    found_here: dict[str, set[str]] = {}
    for key, value in catalogue.items():
        if isinstance(value, dict):
            found_here |= placeholders(value, f"{prefix}{key}.")
        else:
            found_here[f"{prefix}{key}"] = set(re.findall(r"\{\w+\}", value))
    return found_here


@pytest.mark.parametrize("chinese", [file for file in tracked(".toml") if file.stem == "zh"], ids=short)
def test_both_languages_say_the_same_things(chinese: Path) -> None:
    zh, en = (tomllib.loads(file.read_text(encoding="utf-8")) for file in (chinese, chinese.with_stem("en")))
    assert placeholders(zh) == placeholders(en)
