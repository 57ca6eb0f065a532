"""A gate cookie says as much as browsers take, and always enough for the host that it is made for."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from gongpai.gateway.config import Policy
from gongpai.gateway.errors import Reason
from gongpai.gateway.gate import COOKIE_LIMIT, Pass, check
from gongpai.gateway.news import Heard
from gongpai.gateway.records import Fact
from gongpai.gateway.records_provider import ClaimRules, EmailSource
from gongpai.sandbox import Corner
from guarded import cookie_line, gate_config, guarded_host, open_guarded

DOMAIN = "corp.example"


async def test_a_cookie_of_many_hosts_and_many_departments_leaves_out_what_does_not_fit(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    hosts = [
        guarded_host(f"h{number}", f"https://h{number}.{DOMAIN}", cookie_domain=DOMAIN, rules=())
        for number in range(300)
    ]
    async with open_guarded(wecom_sandbox, tmp_path, gate_config(*hosts)) as guarded:
        browser, now = guarded.gateway.browser(), guarded.gateway.clock()
        await browser.sign_in()
        first = hosts[0].origin
        cookies = await guarded.enter(browser, first)
        entry, heard = guarded.gate.entry, Heard()
        heard.catch_up(0.0)

        def opened(sealed: str) -> Pass:
            assert len(sealed) <= COOKIE_LIMIT
            verdict = check(sealed.encode(), b"domain\x00corp.example", entry.ring, heard, now.timestamp(), 0.0)
            assert isinstance(verdict, Pass)
            return verdict

        cookie = opened(cookies["__Secure-gongpai_gate"]).cookie
        gate = entry.hosts["h0"]
        assert gate.stamp in cookie.admitted
        session = await guarded.gate.sessions.see(cookie.ref, now)
        assert session is not None
        crowded = replace(
            session,
            profile=replace(
                session.profile,
                department_ids=tuple(range(1_000)),
                facts={"name": Fact("user/get", now, "李" * 64)},
            ),
        )
        entered = await entry.enter(crowded, gate)
        assert entered is not None
        sealed = entered.set_cookie.partition(";")[0].partition("=")[2]
        assert opened(sealed).cookie == entered.cookie
        assert entered.cookie.admitted == (gate.stamp,)
        # The next host asks the store, and gets a cookie of its own making.
        line = f"__Secure-gongpai_gate={sealed}"
        other = await guarded.ask("/", origin=hosts[7].origin, cookie=line)
        assert other.status_code == 200
        assert other.headers["set-cookie"].startswith("__Secure-gongpai_gate=")


async def test_apps_are_told_an_email_and_groups_by_the_gates_own_rules(wecom_sandbox: Corner, tmp_path: Path) -> None:
    rules = ClaimRules(
        email=EmailSource.TEMPLATE,
        email_template="{userid}@corp.example",
        group_ids=frozenset({5}),
        group_names={5: "市场"},
    )
    async with open_guarded(wecom_sandbox, tmp_path, replace(gate_config(), claim_rules=rules)) as guarded:
        browser = guarded.gateway.browser()
        await browser.sign_in()
        answer = await guarded.ask(cookie=cookie_line(await guarded.enter(browser)))
        assert answer.headers["x-auth-request-email"] == "lisi@corp.example"
        assert unquote(answer.headers["x-auth-request-groups"]) == "市场"


async def test_a_department_brings_in_those_below_it_and_a_host_knows_its_own_apps_only(
    wecom_sandbox: Corner, tmp_path: Path
) -> None:
    hosts = [
        guarded_host(),
        guarded_host("above", "https://above.corp.example", policy=Policy(allow_departments=frozenset({2}))),
        guarded_host("beside", "https://beside.corp.example", policy=Policy(allow_departments=frozenset({7}))),
        guarded_host("without", "https://without.corp.example", policy=Policy(deny_departments=frozenset({2}))),
        guarded_host("elsewhere", "https://elsewhere.corp.example", apps=("attendance",)),
    ]
    async with open_guarded(wecom_sandbox, tmp_path, gate_config(*hosts)) as guarded:
        browser, now = guarded.gateway.browser(), guarded.gateway.clock()
        await browser.sign_in()
        sealed = (await guarded.enter(browser))["__Host-gongpai_gate"].encode()
        entry, heard = guarded.gate.entry, Heard()
        heard.catch_up(0.0)
        verdict = check(sealed, b"app.corp.example", entry.ring, heard, now.timestamp(), 0.0)
        assert isinstance(verdict, Pass)
        session = await guarded.gate.sessions.see(verdict.cookie.ref, now)
        assert session is not None
        # Department 4 lies in 2.
        assert session.profile.department_ids == (4, 5)
        reasons = await entry.reasons(session, entry.hosts.values())
        assert {name: reasons[gate.stamp] for name, gate in entry.hosts.items()} == {
            "app": None,
            "above": None,
            "beside": Reason.NOT_ALLOWED,
            "without": Reason.DENIED,
            "elsewhere": Reason.NOT_ALLOWED,
        }
