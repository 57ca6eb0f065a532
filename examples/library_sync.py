"""From the sign-in link to the member's mobile number. Run it: python examples/library_sync.py."""

from urllib.parse import urlsplit

import httpx2

from gongpai.sandbox import Sandbox
from gongpai.wecom import App, Hosts, Member, Scope, WeComClient, finish, parse_callback, require_code

WECOM = "Mozilla/5.0 (iPhone) wxwork/4.1.30 MicroMessenger/7.0.1"
CALLBACK_URL = "http://127.0.0.1:8000/signin/callback"


def find_mobile(app: App, hosts: Hosts) -> str | None:
    with WeComClient(app, hosts=hosts, sandbox=True) as wecom:
        begun = wecom.begin_in_app(CALLBACK_URL, scope=Scope.PRIVATE_INFO)
        callback = parse_callback(visit(begun.url))
        code = require_code(finish(begun.attempt, callback, browser_secret=begun.browser_secret))
        who = wecom.identify(code)
        if not isinstance(who, Member) or who.user_ticket is None:
            return None
        return wecom.get_user_detail(who.user_ticket).mobile


def visit(link: str) -> str:
    """Open the link as a member does in WeCom; return the query with which WeCom sends the browser back."""
    answer = httpx2.get(link.partition("#")[0], headers={"User-Agent": WECOM}, trust_env=False)
    return urlsplit(answer.headers["location"]).query


def main() -> None:
    with Sandbox.start() as sandbox, sandbox.corner() as corner:
        corner.hold_phone("linwei")
        corner.set_consent(1000002, "linwei", ["mobile"])
        app = App("wwgongpaidemo", 1000002, corner.app(1000002).secret)
        print(find_mobile(app, Hosts.at(corner.url)))


if __name__ == "__main__":
    main()
