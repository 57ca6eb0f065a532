"""Write errcodes.md of both languages from the library's own catalogue: `python docs/generate_errcodes.py`."""

from pathlib import Path
from typing import Final

from gongpai.wecom.errcodes import ErrorClass, ErrorEntry, catalogue

FOLDER: Final = Path(__file__).parent
_INTRODUCTION: Final = {
    "en": """# Error codes

WeCom answers every call with an `errcode`; 0 is success. These {count} codes touch sign-in. On a command line:
`gongpai errcode 60020`. In Python: `gongpai.wecom.describe(60020)`. This page is written from the same catalogue.

| class | whose fault, and what a program does |
|---|---|
| ok | nothing is wrong |
| retry | WeCom's; try again after a moment, at most three times in all, never with a code |
| config | the operator's; stop, show cause and remedy to whoever runs the app |
| token | nobody's; fetch the app token once more and repeat the call once |
| code | nobody's; begin a new sign-in |
| denied | the person's; tell them who can let them in |
| limit | too many calls; wait |
| input | the program's; repair the call |
""",
    "zh": """# 错误码

企业微信的每次调用都返回 `errcode`，0 表示成功。下面 {count} 个与登录有关。命令行：`gongpai errcode 60020 --lang zh`；
Python：`gongpai.wecom.describe(60020)`。本页由同一份目录生成。

| 分类 | 责任方与程序的处理 |
|---|---|
| ok | 没有问题 |
| retry | 企业微信一侧；稍后重试，总共不超过三次，消费 code 的调用不重试 |
| config | 运维方；停止，并把原因与处理办法告诉负责人 |
| token | 无责；重新获取一次应用凭证并重试一次 |
| code | 无责；重新发起登录 |
| denied | 登录者；告诉对方该找谁开通 |
| limit | 调用过多；等待 |
| input | 程序；修正调用 |
""",
}
_LABELS: Final = {
    "en": ("Likely cause", "What to do", "In the admin console"),
    "zh": ("常见原因", "处理办法", "管理后台"),
}
_TITLES: Final = {
    ErrorClass.OK: {"en": "Success", "zh": "成功"},
    ErrorClass.RETRY: {"en": "Try again", "zh": "稍后重试"},
    ErrorClass.CONFIG: {"en": "The operator must act", "zh": "需要运维处理"},
    ErrorClass.TOKEN: {"en": "Renew the app token", "zh": "续期应用凭证"},
    ErrorClass.CODE: {"en": "Begin again", "zh": "重新发起"},
    ErrorClass.DENIED: {"en": "This person may not", "zh": "该人员无权限"},
    ErrorClass.LIMIT: {"en": "Too many calls", "zh": "调用过多"},
    ErrorClass.INPUT: {"en": "The call was wrong", "zh": "调用有误"},
}


def render(lang: str) -> str:
    """Write the page of one language."""
    entries = catalogue().values()
    parts = [_INTRODUCTION[lang].format(count=len(entries))]
    for klass in ErrorClass:
        parts.append(f"## {_TITLES[klass][lang]}\n")
        parts += [_render_entry(entry, lang) for entry in entries if entry.klass is klass]
    return "\n".join(parts)


def _render_entry(entry: ErrorEntry, lang: str) -> str:
    cause, remedy, console = _LABELS[lang]
    lines = [
        f"(errcode-{entry.code})=",
        f"### {entry.code} `{entry.name}`\n",
        f"{_plain(entry.meaning.in_language(lang))}\n",
        f"- {cause}: {_plain(entry.cause.in_language(lang))}",
        f"- {remedy}: {_plain(entry.remedy.in_language(lang))}",
    ]
    if entry.console_path is not None:
        lines.append(f"- {console}: {_plain(entry.console_path.in_language(lang))}")
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Keep Markdown from reading anything into *text*."""
    for mark in "\\`*_[]<>":
        text = text.replace(mark, f"\\{mark}")
    return text


if __name__ == "__main__":
    for lang in ("en", "zh"):
        (FOLDER / lang / "errcodes.md").write_text(render(lang), encoding="utf-8")
