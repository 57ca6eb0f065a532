"""Where a browser may be sent: a path of ours and nothing else."""

from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.web.return_to import HOME, own_path

_CORPUS = Path(__file__).parents[2] / "data" / "open-redirects.txt"
_OURS = "https://sso.example.com"
_PAYLOADS = _CORPUS.read_text(encoding="utf-8").splitlines()


def _goes_home(path: str) -> bool:
    """Judge as the most lenient browser would: backslashes are slashes, tabs and line ends are nothing."""
    lenient = "".join(mark for mark in path.replace("\\", "/") if mark not in "\t\r\n")
    target = urlsplit(urljoin(f"{_OURS}/signin", lenient))
    return (target.scheme, target.netloc) == ("https", "sso.example.com")


def test_the_corpus_is_there() -> None:
    assert len(_PAYLOADS) > 500


@pytest.mark.parametrize("payload", _PAYLOADS)
def test_no_payload_of_the_corpus_leaves_us(payload: str) -> None:
    path = own_path(payload)
    assert path == HOME or (path == payload and path.startswith("/") and "//" not in path)
    assert _goes_home(path)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_nothing_at_all_leaves_us(text: str) -> None:
    for value in (text, "/" + text, "//" + text, "/\\" + text, "/me" + text):
        path = own_path(value)
        assert path.startswith("/")
        assert _goes_home(path)
        assert not set(path) & set("?#\\%\r\n\t ")


@pytest.mark.parametrize("path", ["/", "/me", "/me/", "/authorize/AbC_1-2", "/a.b/c~d", "/static/x.css"])
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path", [None, "", "me", "/me?x=1", "/me#x", "/../x", "/.hidden", "/a//b", "/" + "a" * 2048, "/ü"]
)
def test_what_is_no_plain_path_goes_home(path: str | None) -> None:
    assert own_path(path) == HOME
