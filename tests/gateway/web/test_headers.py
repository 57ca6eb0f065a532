from gongpai.gateway.web.headers import STRICT_POLICY, PagePolicy

POLICY = PagePolicy(
    ("https://open.weixin.qq.com", "https://login.work.weixin.qq.com"), "https://login.work.weixin.qq.com"
)


def directives(policy: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.partition(" ") for part in policy.split("; "))}


def test_a_page_runs_what_carries_its_nonce_and_nothing_else() -> None:
    said = directives(POLICY.text("N"))
    assert (said["default-src"], said["script-src"], said["style-src"]) == ("'none'", "'nonce-N'", "'nonce-N'")
    assert (said["base-uri"], said["frame-ancestors"]) == ("'none'", "'none'")


def test_a_form_may_lead_to_wecom_and_home_alone() -> None:
    said = directives(POLICY.text("N"))
    assert said["form-action"] == "'self' https://open.weixin.qq.com https://login.work.weixin.qq.com"
    assert directives(PagePolicy((), "").text("N"))["form-action"] == "'self'"


def test_only_the_page_with_the_panel_frames_wecom() -> None:
    assert "frame-src" not in directives(POLICY.text("N"))
    assert directives(POLICY.text("N", is_watching=True))["connect-src"] == "'self'"
    assert "connect-src" not in directives(POLICY.text("N"))
    assert directives(POLICY.text("N", has_panel=True))["frame-src"] == "https://login.work.weixin.qq.com"


def test_what_is_no_page_may_do_nothing() -> None:
    assert set(directives(STRICT_POLICY).values()) == {"'none'"}
