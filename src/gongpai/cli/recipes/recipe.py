"""A recipe, and what is filled into it (pure)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from urllib.parse import quote, urlsplit

import msgspec

# Only hashes of secrets are kept, so that no command can print one: the reader puts it in.
SECRET_PLACEHOLDER: Final = "REPLACE_WITH_THE_CLIENT_SECRET"  # noqa: S105  # it opens nothing
_BLANK = re.compile(r"<<([a-z_]+)>>")

Setting: TypeAlias = str | bool | int | list[str] | dict[str, str]
Format = Literal["caddyfile", "ini", "json", "nginx", "php", "python", "ruby", "sh", "toml", "yaml"]


@dataclass(frozen=True, slots=True)
class Filling:
    """What a reader's own gateway and program put into a recipe."""

    issuer: str
    client_id: str
    url: str
    """The program's own address as browsers see it, without a slash at its end."""
    domain: str = "corp.example"
    """Where the mailboxes of a template lie."""
    gate: str = "127.0.0.1:8001"
    """Where forward-auth listens: an address, or ``unix:`` and a path."""
    upstream: str = "127.0.0.1:3000"
    """Where a program behind forward-auth listens itself."""
    preset: str = "gongpai"
    """The part of the Caddy file that fits the names of the headers."""
    corpids: tuple[str, ...] = ()
    """The corps of a gateway that has several: a party must then say whose people may use it."""

    def values(self) -> Mapping[str, str]:
        """Return the fillings by the names of the blanks."""
        return {
            "issuer": self.issuer,
            "client_id": self.client_id,
            "url": self.url,
            "url_quoted": quote(self.url, safe=""),
            "hostname": urlsplit(self.url).hostname or "",
            "domain": self.domain,
            "secret": SECRET_PLACEHOLDER,
            "gate": self.gate,
            "gate_in_caddy": self.gate.replace("unix:", "unix/", 1),
            "gate_host": self.gate.rpartition(":")[0],
            "gate_port": self.gate.rpartition(":")[2],
            "upstream": self.upstream,
            "upstream_host": self.upstream.rpartition(":")[0],
            "upstream_port": self.upstream.rpartition(":")[2],
            "preset": self.preset,
        }

    def fill(self, text: str) -> str:
        """Return *text* with its blanks filled.

        Raises:
            KeyError: it has a blank that nothing fills.
        """
        values = self.values()
        return _BLANK.sub(lambda blank: values[blank[1]], text)


class Snippet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text to paste, and the file or place where it belongs."""

    file: str
    format: Format
    text: str = ""
    ships: str = ""
    """A file of deploy/ that is the text, with *swaps* made in it."""
    swaps: dict[str, str] = {}
    en: str = ""
    zh: str = ""

    def fill(self, filling: Filling) -> str:
        """Return the text, ready to paste."""
        return filling.fill(self.text)


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a recipe says in one language."""

    about: str
    notes: tuple[str, ...] = ()


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How one program signs people in: the settings of its party or host with us, and its own."""

    name: str
    title: str
    also: tuple[str, ...] = ()
    """Other names by which people look for it."""
    source: str
    """Whose documentation it was written from, with the version."""
    source_url: str
    read: str
    """The month in which that was read."""
    tested: str = ""
    """The test that runs the real program with this recipe; empty while there is none."""
    tested_with: str = ""
    by_hand: str = ""
    """The program, with its version, that we signed in to by hand, where no test does."""
    by_hand_when: str = ""
    """The month of that."""
    party: dict[str, Setting] = {}
    """The settings of ``[parties.NAME]``; none for a program behind forward-auth."""
    host: dict[str, Setting] = {}
    """The settings of ``[gate.hosts.NAME]``, for forward-auth."""
    snippets: tuple[Snippet, ...]
    en: Words
    zh: Words

    @property
    def program(self) -> str:
        """The program's bare name, as people see it."""
        return self.title.partition(" (")[0]

    @property
    def usual_id(self) -> str:
        """What its party or host is called if nobody says otherwise."""
        return self.name if self.party else "app"

    @property
    def needs_url(self) -> bool:
        """Whether anything in it depends on where people open the program."""
        settings = msgspec.json.encode([self.party, self.host]).decode()
        return "<<url" in settings + "".join(each.text for each in self.snippets)

    def words(self, language: Literal["zh", "en"]) -> Words:
        """Return what it says in *language*."""
        return self.zh if language == "zh" else self.en

    def snippet(self, file: str) -> Snippet:
        """Return the snippet that belongs into *file*.

        Raises:
            KeyError: it has none.
        """
        return {each.file: each for each in self.snippets}[file]

    def party_settings(self, filling: Filling) -> dict[str, Setting]:
        """Return the settings that the program needs its party to have."""
        filled = {key: _filled(value, filling) for key, value in self.party.items()}
        settings: dict[str, Setting] = {"name": self.program, **filled}
        if filling.corpids:
            settings["policy.corpids"] = list(filling.corpids)
        template = settings.get("email_template")
        if isinstance(template, str) and len(filling.corpids) > 1:
            # People of two corps may have the same userid, and nobody gets an email that is another's.
            settings["email_template"] = template.replace("{userid}", "{userid}.{corpid}")
        return settings

    def host_settings(self, filling: Filling) -> dict[str, Setting]:
        """Return the settings that the program needs its host behind forward-auth to have."""
        return {key: _filled(value, filling) for key, value in self.host.items()}

    def url_of(self, redirect_uris: tuple[str, ...]) -> str | None:
        """Return the program's address, read off the redirect URI that its party has; None if none is as expected."""
        expected = self.party.get("redirect_uris", [])
        patterns = expected if isinstance(expected, list) else []
        for ending in (each.removeprefix("<<url>>") for each in patterns if each.startswith("<<url>>")):
            for uri in redirect_uris:
                if uri.endswith(ending) and urlsplit(uri.removesuffix(ending)).netloc:
                    return uri.removesuffix(ending)
        return None


def _filled(value: Setting, filling: Filling) -> Setting:
    match value:
        case str():
            return filling.fill(value)
        case list():
            return [filling.fill(each) for each in value]
        case dict():
            return {key: filling.fill(each) for key, each in value.items()}
        case _:
            return value
