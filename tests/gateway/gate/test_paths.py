from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.config import PathAction, PathRule
from gongpai.gateway.gate.paths import Rules, plain_path

WRITTEN = (
    PathRule(PathAction.SKIP, "/public/"),
    PathRule(PathAction.SKIP, "/healthz"),
    PathRule(PathAction.DENY, "/internal/"),
    PathRule(PathAction.ALLOW, "/"),
)
RULES, OPEN = Rules(WRITTEN), Rules(WRITTEN[:2])


@pytest.mark.parametrize(
    ("target", "action"),
    [
        (b"/public/a/b.css?v=1", PathAction.SKIP),
        (b"/public", PathAction.SKIP),
        (b"/%70ublic/%E4%B8%AD", PathAction.SKIP),
        (b"/healthz", PathAction.SKIP),
        (b"/healthz/x", PathAction.ALLOW),
        (b"/publicity", PathAction.ALLOW),
        (b"/internal", PathAction.DENY),
        (b"/internal/x", PathAction.DENY),
        (b"/%69nternal/x", PathAction.DENY),
        (b"/INTERNAL/x", PathAction.DENY),
        (b"/%49nternal", PathAction.DENY),
        (b"/Public/x", PathAction.ALLOW),
        (b"/else", PathAction.ALLOW),
    ],
)
def test_the_first_rule_that_covers_the_decoded_path_counts(target: bytes, action: PathAction) -> None:
    assert RULES.action_for(plain_path(target)) is action


@pytest.mark.parametrize(
    "target",
    [
        b"", b"*", b"public/", b"http://other/public/", b"/public/../admin", b"/public/.", b"/public/..", b"//public/x",
        b"/public//x", b"/public%2fx", b"/public/%5cx", b"/public/%252e", b"/public;x", b"/public/%3bx",
        b"/public/%3Fx",
        b"/public/#x", b"/public/%23/%0ax", b"/public/\\x", b"/public/\x80", b"/public/%ff", b"/public/%zz",
        b"/public/%2", b"/public/%7f", b"/public/%2e%2e/x", b"/public/\x00",
    ],
)  # fmt: skip
def test_98_an_uncertain_path_is_opened_by_no_rule_and_closed_by_every_rule_that_closes(target: bytes) -> None:
    assert plain_path(target) is None
    assert OPEN.action_for(None) is PathAction.ALLOW
    assert RULES.action_for(None) is PathAction.DENY


segments = st.text(st.characters(codec="utf-8", exclude_characters="/\\;%?#", exclude_categories=["Cc"]), min_size=1)


@given(st.lists(segments.filter(lambda text: text not in {".", ".."}), max_size=5))
def test_a_plain_path_is_what_it_says_however_it_is_encoded(parts: list[str]) -> None:
    path = "/" + "/".join(parts)
    assert plain_path(quote(path, safe="/").encode()) == path


@given(st.binary(max_size=40), st.sampled_from([b"/public/", b"/public", b"/", b"/public/a/"]))
def test_98_whatever_is_skipped_lies_below_the_skipped_path_for_every_reader(tail: bytes, head: bytes) -> None:
    target = head + tail
    if OPEN.action_for(plain_path(target)) is PathAction.SKIP:
        path = target.partition(b"?")[0].decode()
        for read in (path, unquote(path), unquote(unquote(path))):
            assert read in {"/public", "/healthz"} or read.startswith("/public/")
            assert not {"..", ".", ""} & set(read.removesuffix("/").split("/")[1:])
            assert not set(read) & set("\\;\r\n\x00")


@given(
    st.lists(
        st.builds(PathRule, st.sampled_from(PathAction), st.sampled_from(["/", "/a", "/a/", "/a/b", "/a.b/", "/["]))
    ),
    st.sampled_from(["/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/a.b", "/axb/", "/a\n", "/[", "/中", "/A/b"]),
)
def test_rules_made_ready_say_what_each_of_them_says_by_itself(rules: list[PathRule], path: str) -> None:
    covering = []
    for rule in rules:
        asked = path.lower() if rule.action is PathAction.DENY else path
        if asked == rule.path or (rule.path.endswith("/") and (asked.startswith(rule.path) or asked == rule.path[:-1])):
            covering.append(rule.action)
    assert Rules(rules).action_for(path) is (covering[0] if covering else PathAction.ALLOW)
