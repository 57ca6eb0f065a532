"""The ownership check of a domain: fetch ``WW_verify_*.txt`` for real.

Only hosts that the world names are fetched (the caller hands them in), so that the sandbox is nobody's errand boy.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

import httpx2

Verdict = Literal["ok", "not_listed", "unreachable", "redirect", "status", "body"]

_TIMEOUT_SECONDS = 3.0
_MAX_BODY_BYTES = 1024
_CODE_LENGTH = 16
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class VerifyFile:
    """The file that must lie at the root of the domain."""

    name: str
    body: str


@dataclass(frozen=True, slots=True)
class Ownership:
    """What came of the check; *detail* is an HTTP status or the kind of failure."""

    verdict: Verdict
    url: str = ""
    detail: str = ""


def verify_file(corpid: str, domain: str) -> VerifyFile:
    """Return the file for *domain*: the same in every run, so that it can be put into a configuration.

    The body is the code of the name. Source: help2/pc/21316 for the name; the body is a convention seen in the field.
    """
    number = int.from_bytes(hashlib.sha256(f"{corpid}\n{domain.lower()}".encode()).digest())
    code = "".join(_ALPHABET[number // len(_ALPHABET) ** place % len(_ALPHABET)] for place in range(_CODE_LENGTH))
    return VerifyFile(f"WW_verify_{code}.txt", code)


async def check_ownership(
    domain: str, file: VerifyFile, *, listed: Collection[str], follow_redirects: bool = False
) -> Ownership:
    """Fetch *file* from the root of *domain*, by https or else by http, and compare its body.

    Redirects are followed only if asked for (undocumented, a switch), and then only to hosts that are *listed*.
    """
    if domain.lower() not in {each.lower() for each in listed}:
        return Ownership("not_listed")
    outcome = Ownership("unreachable")
    async with httpx2.AsyncClient(trust_env=False, timeout=_TIMEOUT_SECONDS) as client:
        for scheme in ("https", "http"):
            outcome = await _fetch(client, f"{scheme}://{domain}/{file.name}", file, listed, follow_redirects)
            if outcome.verdict != "unreachable":
                break
    return outcome


async def _fetch(
    client: httpx2.AsyncClient,
    url: str,
    file: VerifyFile,
    listed: Collection[str],
    follow_redirects: bool,  # noqa: FBT001  a switch, passed on
) -> Ownership:
    try:
        async with client.stream("GET", url) as answer:
            if answer.has_redirect_location:
                target = answer.url.join(answer.headers["location"])
                if follow_redirects and target.netloc.decode().lower() in {each.lower() for each in listed}:
                    return await _fetch(client, str(target), file, listed, follow_redirects=False)
                return Ownership("redirect", url)
            if answer.status_code != HTTPStatus.OK:
                return Ownership("status", url, str(answer.status_code))
            body = b""
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > _MAX_BODY_BYTES:
                    break
    except httpx2.TransportError as failure:
        return Ownership("unreachable", url, type(failure).__name__)
    return Ownership("ok" if body == file.body.encode() else "body", url)
