"""The headers that every answer carries, and the content security policy of a page (pure, T2)."""

from dataclasses import dataclass

STRICT_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

# Once a page is reached by HTTPS, two years of nothing else: the host that WeCom trusts serves gongpai alone (T2).
ALWAYS = (
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


@dataclass(frozen=True, slots=True)
class PagePolicy:
    """What our pages may reach: ourselves, and WeCom's origins where a form or the login panel leads there."""

    form_origins: tuple[str, ...]
    panel_origin: str

    def text(
        self, nonce: str, *, has_panel: bool = False, is_watching: bool = False, form_sources: tuple[str, ...] = ()
    ) -> str:
        """Return the policy of one page; one that is watching asks us again and again.

        Chromium checks ``form-action`` on each redirect that follows a form, so WeCom's origins stand in it: the button
        that asks for the sensitive fields leads there. *form_sources* are where else a form of this page may lead.
        """
        parts = [
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            f"style-src 'nonce-{nonce}'",
            "img-src 'self' data:",
            f"form-action 'self' {' '.join((*self.form_origins, *form_sources))}".rstrip(),
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
        if has_panel:
            parts.append(f"frame-src {self.panel_origin}")
        if is_watching:
            parts.append("connect-src 'self'")
        return "; ".join(parts)
