"""Who lives in a world, how an app sees them, and whom it may see."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from gongpai.sandbox.world.live import Person
from gongpai.sandbox.world.records import App, Corp, External, Member


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person is to one corp: a member (own or linked) with a userid, or an outsider with an openid."""

    userid: str | None = None
    member: Member | None = None
    openid: str | None = None
    external: External | None = None


class CorpIndex:
    """Find things of one corp by what WeCom's calls name them."""

    __slots__ = ("apps", "corp", "departments", "externals", "linked", "members", "parents", "tags")

    def __init__(self, corp: Corp) -> None:
        self.corp = corp
        self.apps = {app.agentid: app for app in corp.apps}
        self.members = {member.userid.lower(): member for member in corp.members}
        self.departments = {department.id: department for department in corp.departments}
        self.parents = {department.id: department.parent_id for department in corp.departments}
        self.externals = {external.openid: external for external in corp.externals}
        self.linked = {f"{linked.corpid}/{each.userid.lower()}" for linked in corp.linked for each in linked.members}
        self.tags = {tag.id: tag for tag in corp.tags}

    def is_visible(self, app: App, member: Member) -> bool:
        """Whether *member* lies in the visible range of *app*: by name, department with children, or tag."""
        userid = member.userid.lower()
        if any(userid == named.lower() for named in app.visible_userids):
            return True
        if any(self.is_department_visible(app, department) for department in member.departments):
            return True
        tags = (self.tags[tag] for tag in app.visible_tags if tag in self.tags)
        return any(userid == named.lower() for tag in tags for named in tag.userids)

    def is_department_visible(self, app: App, department: int) -> bool:
        """Whether the department or one above it is in the visible range."""
        return any(each in app.visible_departments for each in self._upwards(department))

    def is_external_visible(self, app: App, external: External) -> bool:
        """Whether a member in the visible range follows this customer. Source: WeCom 91023."""
        followers = (self.members.get(userid.lower()) for userid in external.followed_by)
        return any(follower is not None and self.is_visible(app, follower) for follower in followers)

    def subtree(self, root: int) -> set[int]:
        """Return *root* and all departments below it."""
        return {department for department in self.departments if root in self._upwards(department)}

    def standing(self, person: Person) -> Standing:
        """Return what *person* is to this corp; who left it, or never was in it, is a stranger with an openid."""
        if person.member is not None and person.corpid == self.corp.corpid and not person.member.has_left:
            return Standing(userid=person.member.userid, member=person.member)
        if f"{person.corpid}/{person.handle.lower()}" in self.linked:
            return Standing(userid=f"{person.corpid}/{person.handle}")
        if person.handle in self.externals:
            external = self.externals[person.handle]
            return Standing(openid=external.openid, external=external)
        if person.kind == "stranger" and person.corpid == self.corp.corpid:
            return Standing(openid=person.handle)
        digest = hashlib.sha256(f"{self.corp.corpid}\n{person.key}".encode()).hexdigest()
        return Standing(openid=f"o{digest[:27]}")

    def _upwards(self, department: int) -> Iterator[int]:
        """Name the department and all above it; a ring of them ends where it began."""
        seen = set[int]()
        while department and department not in seen:
            yield department
            seen.add(department)
            department = self.parents.get(department, 0)


def people_of(corp: Corp) -> Iterator[Person]:
    """Name everybody whom *corp* knows of, members first."""
    for member in corp.members:
        key = f"{corp.corpid}/{member.userid}"
        yield Person(key, "member", corp.corpid, member.userid, member.name, member.name_en, member)
    for linked in corp.linked:
        for each in linked.members:
            key = f"{linked.corpid}/{each.userid}"
            yield Person(key, "linked", linked.corpid, each.userid, each.name, each.name_en)
    for external in corp.externals:
        key = external.external_userid
        yield Person(key, "external", corp.corpid, external.openid, external.name, external.name_en)
    for stranger in corp.strangers:
        yield Person(stranger.openid, "stranger", corp.corpid, stranger.openid, stranger.name, stranger.name_en)
