"""What a session knows of its person, fact by fact, each with its source or the reason why it is missing (pure)."""

from collections.abc import Mapping

from gongpai.gateway import records
from gongpai.gateway.records import Disclosure, HeldName, Session
from gongpai.gateway.web.pages import Fact, SessionLine
from gongpai.wecom.models import Field
from gongpai.wecom.user_agent import client_kind

_ORDER = ("userid", "name", "departments", "main_department", "position", "alias", "status")


def company_fact(corpid: str, held: HeldName | None) -> Fact:
    """Return which company it is: by its name where that could be read, else by its id."""
    if held is None:
        return Fact("company", corpid)
    return Fact("company", f"{held.name} ({corpid})", "department/get", held.fetched_at)


def profile_facts(session: Session, names: Mapping[int, str]) -> tuple[Fact, ...]:
    """Return the facts of the profile; *names* are those of the departments that could be read."""
    return tuple(_profile_fact(name, session.profile.facts.get(name), names) for name in _ORDER)


def sensitive_facts(disclosure: Disclosure | None) -> tuple[Fact, ...]:
    """Return the seven sensitive fields, given or not."""
    facts = {} if disclosure is None else disclosure.facts
    return tuple(
        _fact(name.value, facts[name.value]) if name.value in facts else Fact(name.value, None, reason="not_asked")
        for name in Field
    )


def has_given(disclosure: Disclosure | None) -> bool:
    """Whether there is a sensitive field to see and to erase."""
    return disclosure is not None and any(fact.value is not None for fact in disclosure.facts.values())


def session_line(session: Session, current: Session) -> SessionLine:
    """Return how one session is shown among the person's others."""
    client = client_kind(session.user_agent)
    return SessionLine(
        handle=session.ref,
        is_current=session.ref == current.ref,
        started_at=session.created_at,
        seen_at=session.seen_at,
        way=session.way,
        client=client.kind.value,
        platform=None if client.platform is None else client.platform.value,
        address=session.ip,
    )


def _profile_fact(name: str, fact: records.Fact | None, names: Mapping[int, str]) -> Fact:
    if fact is None or fact.value is None or name not in {"departments", "main_department"}:
        return _fact(name, fact)
    ids = fact.value if isinstance(fact.value, tuple) else (fact.value,)
    spelt = ", ".join(_department(department, names) for department in ids)
    return Fact(name, spelt, fact.source, fact.at)


def _department(department: str, names: Mapping[int, str]) -> str:
    name = names.get(int(department))
    return department if name is None else f"{name} ({department})"


def _fact(name: str, fact: records.Fact | None) -> Fact:
    if fact is None:
        return Fact(name, None, reason="not_in_profile")
    value = ", ".join(fact.value) if isinstance(fact.value, tuple) else fact.value
    return Fact(name, value, fact.source, fact.at, fact.missing)
