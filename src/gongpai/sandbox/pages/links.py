"""Where a browser is sent back to: redirect_uri with code, state and appid, spelt as WeCom spells it."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit


@dataclass(frozen=True, slots=True)
class WayBack:
    """The two ends of a sign-in; the code goes between ``before_code`` and ``after_code``."""

    before_code: str
    after_code: str
    refused: str

    def with_code(self, code: str) -> str:
        """Return the address of a sign-in that succeeded."""
        return self.before_code + quote(code, safe="") + self.after_code


def way_back(redirect_uri: str, state: str | None, corpid: str | None = None) -> WayBack:
    """Return where *redirect_uri* leads to; its own query and fragment survive.

    A bare host gets its slash, an empty state comes back empty, ``@`` in a state stays as it is (seen in the field),
    and web login adds ``appid`` (seen too). Source: WeCom 91022 and 91019, read 2026-11.
    """
    parts = urlsplit(redirect_uri)
    own_query = [parts.query] if parts.query else []
    state_query = [] if state is None else [f"state={quote(state, safe='@')}"]
    appid_query = [] if corpid is None else [f"appid={quote(corpid, safe='')}"]
    start = urlunsplit((parts.scheme, parts.netloc, parts.path or "/", "", ""))
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    refused = "&".join(own_query + state_query)
    return WayBack(
        before_code=start + "?" + "&".join([*own_query, "code="]),
        after_code="".join(f"&{part}" for part in state_query + appid_query) + fragment,
        refused=start + (f"?{refused}" if refused else "") + fragment,
    )


def with_query(url: str, name: str, value: str) -> str:
    """Return *url* with one more parameter at the end of its query."""
    parts = urlsplit(url)
    query = "&".join(filter(None, [parts.query, f"{quote(name, safe='')}={quote(value, safe='')}"]))
    return urlunsplit(parts._replace(path=parts.path or "/", query=query))
