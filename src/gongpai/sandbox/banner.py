"""What is printed at start, so that nobody takes this for WeCom."""

from typing import Literal

_RULE = "=" * 78
# The first line is in both languages: whoever reads the terminal may be somebody else.
_FIRST = "  gongpai sandbox: a PRETEND WeCom. 这是模拟环境，不是企业微信。"
_EXPOSED = {
    "zh": "  已对外开放：别的机器也能访问。凭下面的地址可以控制它，请勿告诉别人。",
    "en": "  EXPOSED: other machines can reach it. The address below opens its controls: tell nobody.",
}
_LINES = {
    "zh": (
        "  一切都在内存里，都是虚构的，停止后即消失。请勿向它发送真实的密钥。",
        "  接口和页面：  {url}",
        "  先打开这里：  {home_url}",
        "  控制令牌：    {control_token}  （用于 {url}/_sandbox/...）",
        "  按 Ctrl-C 结束。",
    ),
    "en": (
        "  Everything is in memory, invented, and gone when it stops. Send it no real secret.",
        "  API and pages:   {url}",
        "  Open this first: {home_url}",
        "  Control token:   {control_token}  (for {url}/_sandbox/...)",
        "  Stop with Ctrl-C.",
    ),
}


def banner(
    url: str, home_url: str, control_token: str, language: Literal["zh", "en"] = "en", *, is_exposed: bool
) -> str:
    """Return the lines that begin a run."""
    lines = [line.format(url=url, home_url=home_url, control_token=control_token) for line in _LINES[language]]
    if is_exposed:
        lines.insert(1, _EXPOSED[language])
    return "\n".join([_RULE, _FIRST, *lines, _RULE])
