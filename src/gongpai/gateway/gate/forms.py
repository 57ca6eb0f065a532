"""The shapes that an answer to a proxy can have (pure)."""

from dataclasses import dataclass
from enum import Enum, StrEnum

import msgspec

Headers = list[tuple[bytes, bytes]]


class Family(Enum):
    """How a kind of proxy wants its answers."""

    NGINX = "nginx"
    """``auth_request`` turns all but 2xx, 401 and 403 into 500, so a redirect stands beside the 401."""
    REDIRECT = "redirect"
    """Traefik, Caddy and Envoy pass a refusal on to the browser as it is."""


class Outcome(StrEnum):
    """What came of a question: for the metrics, and on the page of a refusal."""

    PASSED = "passed"
    SKIPPED = "skipped"
    NO_SESSION = "no_session"
    DENIED_PATH = "denied_path"
    DENIED_PERSON = "denied_person"
    UNKNOWN_HOST = "unknown_host"
    UNTRUSTED_PEER = "untrusted_peer"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """What answers of one kind have in common; made once, so that whoever writes them can prepare the rest."""

    status: int
    outcome: Outcome
    names: tuple[bytes, ...]

    @property
    def fixed(self) -> Headers:
        """Return the headers that have the same value on every answer.

        A proxy that keeps what its apps answer would let others pass by what was said of one, and a refusal that a
        browser keeps would still be told after the sign-in.
        """
        return [(b"cache-control", b"no-store")]


class Answer(msgspec.Struct, frozen=True):
    """A whole answer: it never has a body."""

    form: Form
    values: tuple[bytes, ...]
    """One for each name of the form."""

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return self.form.status

    @property
    def outcome(self) -> Outcome:
        """Return what came of the question."""
        return self.form.outcome

    @property
    def headers(self) -> Headers:
        """Return the headers that this answer fills."""
        return list(zip(self.form.names, self.values, strict=True))
