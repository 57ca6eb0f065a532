"""From what a handler decided, or from what went wrong, to an answer. Nothing else renders an error."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gongpai.gateway import metrics
from gongpai.gateway.config.troubles import TROUBLES
from gongpai.gateway.errors import (
    BadRequestError,
    ForgedRequestError,
    HostRefusedError,
    Reason,
    RefusedError,
    StartAgainError,
    TooManyStartsError,
    VisitError,
)
from gongpai.gateway.logs import logger
from gongpai.gateway.oidc.errors import InvalidPartyError, OAuthError
from gongpai.gateway.ring import RingExhaustedError
from gongpai.gateway.store import StoreError, Trouble
from gongpai.gateway.web import pages, pages_disclosure, pages_form_post
from gongpai.gateway.web.forms import csrf_token
from gongpai.gateway.web.headers import PagePolicy
from gongpai.gateway.web.pages import Page
from gongpai.gateway.web.render import RequestContext, render
from gongpai.gateway.web.visit import SCOPE_KEY, Visit
from gongpai.wecom.errors import ApiError, CodeRejectedError, RateLimitedError, SystemBusyError, TransportError
from gongpai.wecom.signin import new_browser_secret

AUTHORIZE = "/authorize"

_log = logger("web")


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders our pages for the world the gateway lives in."""

    policy: PagePolicy
    is_sandbox: bool

    def answer(self, visit: Visit, page: Page, *, is_signed_in: bool = False, status: int | None = None) -> Response:
        """Return *page* as an answer that is never kept by anyone."""
        secret = visit.browser_secret
        if secret is None:
            secret = new_browser_secret()
            # What another site posts comes without the cookie that is there, and must not replace it (T3).
            if visit.method != "POST":
                visit.keep_browser_secret(secret)
        context = RequestContext(
            lang=visit.language,
            nonce=visit.nonce,
            way_back=visit.way_back,
            csrf=csrf_token(secret),
            is_sandbox=self.is_sandbox,
            is_signed_in=is_signed_in,
        )
        policy = self.policy.text(
            visit.nonce,
            has_panel=isinstance(page, pages.SigninPanel),
            is_watching=isinstance(page, pages_disclosure.ContinueInWeCom),
            form_sources=_form_sources(page),
        )
        headers = {"content-security-policy": policy, "content-language": visit.language, "vary": "Accept-Language"}
        return Response(
            render(context, page),
            status_code=status or page.status,
            headers=headers,
            media_type="text/html",
        )

    def answer_error(self, visit: Visit, error: Exception) -> Response:
        """Return the page for what went wrong: neutral words and a reference; the cause goes to the log under it."""
        page = page_of(error, visit.reference, visit.start_url)
        if isinstance(page, pages.Unavailable):
            page = replace(page, again_url=visit.way_again)
        _record(error, page)
        # Only who is signed in is kept out of one host.
        is_signed_in = isinstance(error, HostRefusedError)
        answer = self.answer(visit, page, is_signed_in=is_signed_in, status=_status_of(error, page))
        if isinstance(page, pages.RateLimited):
            answer.headers["retry-after"] = str(page.retry_after_seconds)
        return answer


def page_of(error: Exception, reference: str, start_url: str) -> Page:
    """Return the page that says what *error* means for the visitor, who may begin anew at *start_url*."""
    page: Page = pages.Failure(reference)
    match error:
        case HostRefusedError():
            page = pages.TurnedAway(error.host, error.reason.value, error.contact, None, reference)
        case RefusedError():
            page = pages.Refused(error.reason.value, reference, start_url)
        case StartAgainError():
            page = pages.StartAgain(error.reason.value, start_url)
        case TooManyStartsError():
            page = pages.RateLimited(max(1, round(error.retry_after.total_seconds())), start_url)
        case BadRequestError() | ForgedRequestError():
            page = pages.BadRequest(reference)
        case InvalidPartyError():
            page = pages.BadPartyRequest(error.description, reference)
        case CodeRejectedError():
            page = pages.StartAgain(Reason.CODE_REJECTED.value, start_url)
        case TransportError() | SystemBusyError() | RateLimitedError():
            page = pages.WeComDown(reference, start_url)
        case StoreError() | RingExhaustedError():
            page = pages.Unavailable(reference, start_url)
        case _:
            pass
    return page


def _status_of(error: Exception, page: Page) -> int:
    return 403 if isinstance(error, ForgedRequestError) else page.status


def _form_sources(page: Page) -> tuple[str, ...]:
    match page:
        case pages.ChooseAccount() | pages.Consent() | pages.EndSession():
            return (page.form_source,) if page.form_source else ()
        case pages_form_post.FormPost():
            return (page.form.form_source,)
        case pages.TurnedAway():
            return () if page.back_form is None else (page.back_form.form_source,)
        case pages_disclosure.ContinueInWeCom() | pages_disclosure.AskAgain():
            return () if page.skipping is None else (page.skipping.form_source,)
        case pages.SignedOut():
            # Its form begins a sign-in, and where that ends may be a party's: inside WeCom the way there is one chain
            # of redirects.
            return ("https:", "http:") if page.fields.get("return_to", "").startswith(AUTHORIZE) else ()
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class Answering:
    """A handler of visits as a route's application, without what Starlette wraps around a function."""

    handler: Callable[[Visit], Awaitable[Response]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one visit."""
        answer = await self.handler(scope[SCOPE_KEY])
        await answer(scope, receive, send)


def see_other(path: str) -> Response:
    """Return a redirect that a browser follows with GET, whatever brought it here."""
    answer = Response(status_code=303)
    answer.raw_headers.append((b"location", path.encode("latin-1")))
    return answer


def not_yet() -> Response:
    """Return the answer to a browser before which nobody is: it throws it away, and asks again when they come (T5)."""
    return Response(status_code=503)


def _record(error: Exception, page: Page) -> None:
    name = type(page).__name__
    match error:
        case ApiError() | TransportError():
            metrics.wecom_failures.labels(type(error).__name__, str(getattr(error, "errcode", ""))).inc()
            _log.error("wecom_failure", page=name, error=type(error).__name__, **_facts_of(error))
        case VisitError() | OAuthError():
            _log.info("turned_away", page=name, error=type(error).__name__, cause=str(error))
        case StoreError() if error.trouble is not Trouble.FAILED:
            meaning, remedy = TROUBLES[error.trouble.value]["en"]
            told = {"meaning": meaning.format(detail=error), "remedy": remedy.format(detail=error)}
            _log.error("unavailable", page=name, error=type(error).__name__, cause=str(error), **told)
        case _:
            _log.error("failure", page=name, exc_info=error)


def _facts_of(error: ApiError | TransportError) -> dict[str, str | int]:
    if not isinstance(error, ApiError):
        return {"cause": str(error)}
    facts: dict[str, str | int] = {"errcode": error.errcode, "errmsg": error.errmsg}
    if error.caller_ip:
        facts["caller_ip"] = error.caller_ip
    if error.entry is not None:
        facts |= {
            "meaning": error.entry.meaning.en,
            "cause": error.entry.cause.en,
            "remedy": error.entry.remedy.en,
            "console_path": error.entry.console_path.zh if error.entry.console_path else "",
        }
    return facts
