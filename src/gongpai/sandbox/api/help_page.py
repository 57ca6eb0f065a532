"""The help page that errmsg points to: /devtool/query?e=ERRCODE."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gongpai.sandbox.errmsg import TEXTS
from gongpai.sandbox.pages.render import choose_language, render


def routes() -> list[BaseRoute]:
    """Return the page's route."""
    return [Route("/devtool/query", show)]


async def show(request: Request) -> Response:
    """Explain one errcode in the visitor's language."""
    asked = request.query_params.get("e", "")[:12]
    language = choose_language(request)
    known = TEXTS.get(int(asked)) if asked.lstrip("-").isascii() and asked.lstrip("-").isdecimal() else None
    if known is None:
        title = {"zh": "没有这个错误码的说明", "en": "No help for this errcode"}[language]
        return render(request, "message.html", status=404, title=title, lines=[], code=asked, detail="")
    lines = [known.meaning[language], known.remedy[language]]
    return render(request, "message.html", title=known.text.strip(), lines=lines, code=asked, detail="")
