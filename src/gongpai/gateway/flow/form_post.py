"""How an answer goes back to a party: by redirect, or by a page of ours that posts it (OAuth 2.0 Form Post)."""

from urllib.parse import urlsplit

from starlette.responses import Response

from gongpai.gateway.flow.consent import form_source
from gongpai.gateway.oidc.responses import Answer
from gongpai.gateway.records_provider import RelyingParty, ResponseMode
from gongpai.gateway.web import pages_form_post
from gongpai.gateway.web.http import Pages, see_other
from gongpai.gateway.web.return_to import HOME
from gongpai.gateway.web.visit import Visit


def send_back(shown: Pages, visit: Visit, party: RelyingParty, answer: Answer) -> Response:
    """Send *answer* to *party* in the way it asked for."""
    form = form_of(answer)
    if form is None:
        return see_other(answer.url)
    # What is answered cannot be shown again, not even in the other language.
    visit.shown_at = HOME
    page = pages_form_post.FormPost(party.title, urlsplit(answer.redirect_uri).hostname or "", form)
    return shown.answer(visit, page)


def form_of(answer: Answer) -> pages_form_post.PartyForm | None:
    """Return the form that takes *answer* back; None if it goes by redirect."""
    if answer.response_mode is ResponseMode.QUERY:
        return None
    return pages_form_post.PartyForm(answer.redirect_uri, answer.fields, form_source(answer.redirect_uri))
