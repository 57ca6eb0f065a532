"""Where a browser may be sent: a path of ours and nothing else."""

from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.web.return_to import (
    END_SESSION,
    HOME,
    START,
    end_session_url,
    own_page,
    own_path,
    signin_url,
    way_back_to,
)

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


@pytest.mark.parametrize("page", ["/me", START, f"{START}?app=main&via=web&return_to=%2Fauthorize%2F1"])
def test_the_beginning_of_a_sign_in_keeps_what_it_was_for(page: str) -> None:
    assert own_page(page) == page


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        (f"{START}?app=main&code=x&state=y", f"{START}?app=main"),
        (f"{START}?app=M%26code=x&via=%0d", START),
        (f"{START}?return_to=https://evil.example/", f"{START}?return_to=%2Fme"),
        (f"{START}?{'&'.join(['app=main'] * 9)}", START),
        (f"{START}?app={'a' * 4200}", HOME),
        ("/me?app=main", HOME),
        (f"{START}/callback/main?code=x", HOME),
        (f"{END_SESSION}?state=a%26b&code=x&ui_locales=zh", f"{END_SESSION}?state=a%26b"),
        (f"{END_SESSION}?code=x", END_SESSION),
        (f"{END_SESSION}/x?state=x", HOME),
        (None, HOME),
    ],
)
def test_whatever_else_a_query_holds_is_left_behind(page: str | None, kept: str) -> None:
    assert own_page(page) == kept


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_beginning_of_a_sign_in_leads_elsewhere(text: str, value: str) -> None:
    for page in (f"{START}?{text}", signin_url({"return_to": value}), signin_url({"app": text, "return_to": value})):
        kept = own_page(page)
        assert kept.partition("?")[0] in {START, HOME}
        assert _goes_home(kept)
        assert own_page(kept) == kept


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_wish_of_a_party_to_sign_out_leads_elsewhere(text: str, value: str) -> None:
    for page in (f"{END_SESSION}?{text}", end_session_url({"state": value, text: value})):
        kept = own_page(page)
        assert kept.partition("?")[0] == END_SESSION
        assert _goes_home(kept)
        assert own_page(kept) == kept


def test_the_language_switch_carries_what_fits_into_our_own_query() -> None:
    fitting = end_session_url({"id_token_hint": "a" * 3_000, "state": "ü" * 50})
    assert way_back_to(fitting) == own_page(fitting) == fitting
    assert way_back_to(end_session_url({"state": "ü" * 700})) == END_SESSION
