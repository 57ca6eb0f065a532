"""What is printed at start, so that nobody takes this for WeCom."""

_RULE = "=" * 78


def banner(url: str, home_url: str, control_token: str, *, is_exposed: bool) -> str:
    """Return the lines that begin a run."""
    lines = [
        _RULE,
        "  gongpai sandbox: a PRETEND WeCom. 这是模拟环境，不是企业微信。",
        "  Everything is in memory, invented, and gone when it stops. Send it no real secret.",
        f"  API and pages:   {url}",
        f"  Open this first: {home_url}",
        f"  Control token:   {control_token}  (for {url}/_sandbox/...)",
        "  Stop with Ctrl-C.",
    ]
    if is_exposed:
        lines.insert(3, "  EXPOSED: other machines can reach it. The address below opens its controls: tell nobody.")
    return "\n".join([*lines, _RULE])
