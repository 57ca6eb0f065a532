"""Who may come in: a Member of our corp, visible and active, and not ruled out (pure, T9 and T10)."""

import hashlib
import json
from collections.abc import Collection, Mapping
from functools import lru_cache

from gongpai.gateway.config.settings import Policy
from gongpai.gateway.errors import Reason, RefusedError
from gongpai.gateway.records_provider import PartyPolicy, WebLoginRule
from gongpai.wecom.errors import DeniedError
from gongpai.wecom.models import Identity, Kind, Member, Status, UserProfile
from gongpai.wecom.signin import Way

# Source: WeCom 90313: 60111 says that the userid does not exist, 50002 and 60011 that it is out of the app's range.
_UNKNOWN_USERID = 60111

_BY_KIND = {
    Kind.LINKED: Reason.LINKED_MEMBER,
    Kind.EXTERNAL: Reason.EXTERNAL_CONTACT,
    Kind.STRANGER: Reason.STRANGER,
}
_BY_STATUS = {
    Status.DISABLED: Reason.DISABLED,
    Status.NOT_ACTIVATED: Reason.NOT_ACTIVE,
    Status.LEFT: Reason.UNKNOWN_MEMBER,
    Status.UNKNOWN: Reason.PROFILE_UNREADABLE,
}


def require_member(identity: Identity) -> Member:
    """Return *identity* if it is a member of the app's own corp.

    Raises:
        RefusedError: anyone else, each kind with a reason of its own.
    """
    if not isinstance(identity, Member):
        raise RefusedError(_BY_KIND[identity.key.kind])
    return identity


def reason_for(error: DeniedError) -> Reason:
    """Return why a member whose profile WeCom will not show stays out."""
    return Reason.UNKNOWN_MEMBER if error.errcode == _UNKNOWN_USERID else Reason.NOT_VISIBLE


def require_not_named(member: Member, policy: Policy) -> None:
    """Return unless a rule denies *member* by name, for which nobody need be asked.

    Raises:
        RefusedError: it does.
    """
    if member.key.userid in policy.deny_userids:
        raise RefusedError(Reason.DENIED)


@lru_cache(maxsize=64)
def fingerprint(policy: Policy) -> str:
    """Return a name for *policy*, so that a session that was judged by another one is noticed."""
    rules = policy.allow_departments, policy.deny_departments, policy.allow_userids, policy.deny_userids
    return hashlib.sha256(json.dumps([sorted(map(str, each)) for each in rules]).encode()).hexdigest()[:16]


def admit(member: Member, profile: UserProfile, policy: Policy, parents: Mapping[int, int]) -> None:
    """Return if *member* may come in.

    A rule that denies wins over one that allows; without any allowing rule every active member is allowed. *parents*
    leads from a department to the one above it, so that a rule covers the departments below.

    Raises:
        RefusedError: the member stays out.
    """
    if profile.status is not Status.ACTIVE:
        raise RefusedError(_BY_STATUS[profile.status])
    userid = member.key.userid
    require_not_named(member, policy)
    reason = reason_against(policy, userid, profile.departments, parents)
    if reason is not None:
        raise RefusedError(reason)


def may_use(
    policy: PartyPolicy, corpid: str, userid: str, departments: Collection[int], parents: Mapping[int, int]
) -> Reason | None:
    """Say why a member of *corpid* may not use a relying party; None if they may. The rules are read as in ``admit``.

    The app and the way of the sign-in are asked apart, as another sign-in can put them right.
    """
    if policy.corpids and corpid not in policy.corpids:
        return Reason.NOT_ALLOWED
    return reason_against(policy, userid, departments, parents)


def is_way_allowed(policy: PartyPolicy, way: str) -> bool:
    """Whether a relying party may be used after a sign-in by *way* (T6, T18)."""
    if way == Way.IN_APP.value:
        return not policy.ways or way in policy.ways
    # Which of WeCom's two pages shows the QR code is a setting of the app, and proves the same.
    is_web_allowed = not policy.ways or bool(policy.ways & {Way.WEB.value, Way.QR.value})
    return is_web_allowed and opens(policy.web_login, way)


def reason_against_way(policy: PartyPolicy, way: str) -> Reason | None:
    """Say why a relying party may not be used after a sign-in by *way*; None if it may."""
    if is_way_allowed(policy, way):
        return None
    # Whoever is in WeCom already is not told to go there.
    return Reason.SCAN_NEEDED if way == Way.IN_APP.value else Reason.WAY_NOT_ALLOWED


def opens(rule: WebLoginRule, way: str) -> bool:
    """Whether a sign-in by *way* opens what has this *rule* (T18)."""
    return way == Way.IN_APP.value or rule is not WebLoginRule.DENY


def asks_departments(policy: Policy | PartyPolicy) -> bool:
    """Whether the tree of departments must be known before anybody is admitted."""
    return bool(policy.allow_departments or policy.deny_departments)


def reason_against(
    policy: Policy | PartyPolicy, userid: str, departments: Collection[int], parents: Mapping[int, int]
) -> Reason | None:
    """Say which rule of *policy* keeps a member out; None if they may come in."""
    if userid in policy.deny_userids or _is_within(departments, policy.deny_departments, parents):
        return Reason.DENIED
    has_allowing_rule = bool(policy.allow_userids or policy.allow_departments)
    is_allowed = userid in policy.allow_userids or _is_within(departments, policy.allow_departments, parents)
    return Reason.NOT_ALLOWED if has_allowing_rule and not is_allowed else None


def _is_within(departments: Collection[int], wanted: Collection[int], parents: Mapping[int, int]) -> bool:
    for department in departments if wanted else ():
        # A ring of departments would be a fault of WeCom's, and must not hang a worker.
        seen: set[int] = set()
        above: int | None = department
        while above is not None and above not in seen:
            if above in wanted:
                return True
            seen.add(above)
            above = parents.get(above)
    return False
