"""The page that takes an answer to a relying party by POST. Source: OAuth 2.0 Form Post Response Mode."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PartyForm:
    """A form that leads to a party, without a token of ours in it; *form_source* is where the policy lets it lead."""

    action: str
    fields: Mapping[str, str] = dataclasses.field(repr=False)
    form_source: str


@dataclass(frozen=True, slots=True)
class FormPost:
    """Goes on to the party by itself, and by a button where no script runs."""

    template: ClassVar[str] = "form_post.html"
    status: ClassVar[int] = 200
    party: str
    host: str
    form: PartyForm
