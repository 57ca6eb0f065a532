"""Read a world from TOML, JSON or a mapping, and name every fault at once."""

import json
import tomllib
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import msgspec

from gongpai.sandbox.errors import WorldFileError
from gongpai.sandbox.world.people import people_of
from gongpai.sandbox.world.records import App, Corp, WorldFile

SHIPPED = ("default", "base")

WorldSource = str | Path | Mapping[str, object]


def load_world(source: WorldSource) -> WorldFile:
    """Return the world that *source* describes: a shipped name, the path of a file, or a mapping.

    Raises:
        WorldFileError: it cannot be read, or does not fit; every fault is named.
    """
    if isinstance(source, Mapping):
        return parse_world(dict(source))
    if str(source) in SHIPPED:
        text = resources.files("gongpai.sandbox").joinpath("worlds", f"{source}.toml").read_text(encoding="utf-8")
        return parse_world(tomllib.loads(text))
    path = Path(source)
    try:
        text = path.read_text(encoding="utf-8")
        raw = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise WorldFileError([f"{path}: {error.strerror}; shipped worlds are {', '.join(SHIPPED)}"]) from None
    except ValueError as error:
        raise WorldFileError([f"{path}: {error}"]) from None
    return parse_world(raw)


def parse_world(raw: object) -> WorldFile:
    """Return the checked world.

    Raises:
        WorldFileError: *raw* breaks the schema, or names something that is not there.
    """
    faults = list(_schema_faults(raw, WorldFile, ""))
    if faults:
        raise WorldFileError(faults)
    file = msgspec.convert(raw, WorldFile)
    check_world(file)
    return file


def check_world(file: WorldFile) -> None:
    """Return if the records fit together.

    Raises:
        WorldFileError: one of them names something that is not there, or is there twice.
    """
    faults = list(_world_faults(file))
    if faults:
        raise WorldFileError(faults, is_shape=False)


def world_schema() -> dict[str, Any]:
    """Return the JSON schema of a world file."""
    return msgspec.json.schema(WorldFile)


def _schema_faults(value: object, expected: object, place: str) -> Iterator[str]:
    """Name every fault, not only msgspec's first: check containers part by part, and leaves by msgspec."""
    plain = get_args(expected)[0] if get_origin(expected) is Annotated else expected
    if isinstance(plain, type) and issubclass(plain, msgspec.Struct):
        yield from _struct_faults(value, plain, place)
    elif get_origin(plain) is list and isinstance(value, list):
        found = [
            fault for i, item in enumerate(value) for fault in _schema_faults(item, get_args(plain)[0], f"{place}[{i}]")
        ]
        yield from found or _leaf_faults(value, expected, place)
    else:
        yield from _leaf_faults(value, expected, place)


def _struct_faults(value: object, struct: type[msgspec.Struct], place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place or 'world'}: expected a table, got {type(value).__name__}"
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    prefix = f"{place}." if place else ""
    for name in value.keys() - fields.keys():
        yield f"{prefix}{name}: unknown key; known are {', '.join(sorted(fields))}"
    for name, field in fields.items():
        if name in value:
            yield from _schema_faults(value[name], field.type, f"{prefix}{name}")
        elif field.required:
            yield f"{prefix}{name}: missing"


def _leaf_faults(value: object, expected: object, place: str) -> Iterator[str]:
    try:
        msgspec.convert(value, expected)
    except msgspec.ValidationError as error:
        yield f"{place}: {error}"


def _world_faults(file: WorldFile) -> Iterator[str]:
    yield from _twice("corps", "corpid", (corp.corpid.lower() for corp in file.corps))
    for i, corp in enumerate(file.corps):
        yield from _corp_faults(corp, f"corps[{i}]")
    # Two corps may well list the same linked member: that is one person.
    keys = [key for corp in file.corps for key in {person.key for person in people_of(corp) if person.kind != "linked"}]
    yield from _twice("corps", "openid or external_userid", keys)


def _corp_faults(corp: Corp, place: str) -> Iterator[str]:
    departments = {department.id for department in corp.departments} | {1}
    members = {member.userid.lower() for member in corp.members}
    tags = {tag.id for tag in corp.tags}
    yield from _twice(f"{place}.departments", "id", (department.id for department in corp.departments))
    yield from _twice(f"{place}.members", "userid", (member.userid.lower() for member in corp.members))
    yield from _twice(f"{place}.tags", "id", (tag.id for tag in corp.tags))
    yield from _twice(f"{place}.apps", "agentid", (app.agentid for app in corp.apps))
    secrets = [app.secret for app in corp.apps] + ([corp.sync_secret] if corp.sync_secret else [])
    if len(set(secrets)) < len(secrets):
        yield f"{place}.apps: two of them have the same secret"
    for i, department in enumerate(corp.departments):
        here = f"{place}.departments[{i}]"
        if department.id != 1:
            yield from _unknown(f"{here}.parent_id", "department", [department.parent_id], departments)
        yield from _unknown(f"{here}.leaders", "member", _fold(department.leaders), members)
    for i, member in enumerate(corp.members):
        here = f"{place}.members[{i}]"
        yield from _unknown(f"{here}.departments", "department", member.departments, departments)
        main = [] if member.main_department is None else [member.main_department]
        yield from _unknown(f"{here}.main_department", "department of this member", main, set(member.departments))
        yield from _unknown(f"{here}.leader_of", "department of this member", member.leader_of, set(member.departments))
        yield from _unknown(f"{here}.direct_leaders", "member", _fold(member.direct_leaders), members)
    for i, tag in enumerate(corp.tags):
        yield from _unknown(f"{place}.tags[{i}].userids", "member", _fold(tag.userids), members)
    for i, external in enumerate(corp.externals):
        yield from _unknown(f"{place}.externals[{i}].followed_by", "member", _fold(external.followed_by), members)
    for i, app in enumerate(corp.apps):
        yield from _app_faults(app, f"{place}.apps[{i}]", departments, members, tags)


def _app_faults(app: App, place: str, departments: set[int], members: set[str], tags: set[int]) -> Iterator[str]:
    yield from _unknown(f"{place}.visible_departments", "department", app.visible_departments, departments)
    yield from _unknown(f"{place}.visible_userids", "member", _fold(app.visible_userids), members)
    yield from _unknown(f"{place}.visible_tags", "tag", app.visible_tags, tags)


def _fold(userids: Iterable[str]) -> list[str]:
    return [userid.lower() for userid in userids]


def _twice(place: str, what: str, values: Iterable[Hashable]) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"{place}: {what} {value!r} is there {count} times"


def _unknown(place: str, what: str, named: Iterable[Hashable], known: set[Any]) -> Iterator[str]:
    for value in named:
        if value not in known:
            yield f"{place}: there is no {what} {value!r}"
