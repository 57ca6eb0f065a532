"""The ownership check against real web servers on loopback."""

import re

import pytest

from gongpai.sandbox.verify import VerifyFile, check_ownership, verify_file
from local_site import Answer, local_site
from programs import free_port

FILE = VerifyFile("WW_verify_7rG3kjVbXHngiald.txt", "7rG3kjVbXHngiald")
BODY = FILE.body.encode()


def test_the_file_is_named_as_wecom_names_it_and_is_the_same_in_every_run() -> None:
    file = verify_file("ww1", "a.example")
    assert re.fullmatch(r"WW_verify_[A-Za-z0-9]{16}\.txt", file.name)
    assert file.name == f"WW_verify_{file.body}.txt"
    assert verify_file("ww1", "A.example") == file
    assert verify_file("ww2", "a.example") != file


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(BODY), "ok"),
        (Answer(BODY + b"\n"), "body"),
        (Answer(b"x" * 100_000), "body"),
        (Answer(status=404), "status"),
        (Answer(status=302, headers={"Location": "/elsewhere"}), "redirect"),
    ],
)
async def test_only_the_exact_body_at_the_root_with_200_counts(answer: Answer, verdict: str) -> None:
    with local_site({f"/{FILE.name}": answer, "/elsewhere": Answer(BODY)}) as domain:
        assert (await check_ownership(domain, FILE, listed=[domain])).verdict == verdict


# Case verify-002.
@pytest.mark.parametrize("case", ["verify-002"])
async def test_a_file_in_a_sub_path_does_not_count(case: str) -> None:
    with local_site({f"/sub/{FILE.name}": Answer(BODY)}) as domain:
        assert (await check_ownership(domain, FILE, listed=[domain])).verdict == "status", case


async def test_a_domain_that_the_world_does_not_name_is_never_fetched() -> None:
    with local_site({f"/{FILE.name}": Answer(BODY)}) as domain:
        assert (await check_ownership(domain, FILE, listed=["a.example"])).verdict == "not_listed"


async def test_nobody_there_is_unreachable() -> None:
    domain = f"127.0.0.1:{free_port()}"
    found = await check_ownership(domain, FILE, listed=[domain])
    assert (found.verdict, found.detail) == ("unreachable", "ConnectError")


async def test_a_switch_follows_one_redirect_but_only_to_a_domain_of_the_world() -> None:
    with local_site({f"/{FILE.name}": Answer(BODY)}) as target:
        away = Answer(status=302, headers={"Location": f"http://{target}/{FILE.name}"})
        with local_site({f"/{FILE.name}": away}) as domain:
            known = await check_ownership(domain, FILE, listed=[domain, target], follow_redirects=True)
            unknown = await check_ownership(domain, FILE, listed=[domain], follow_redirects=True)
    assert (known.verdict, unknown.verdict) == ("ok", "redirect")
