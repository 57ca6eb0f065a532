"""T7: a person is (asserting corpid, home corpid, userid, kind), folded by one rule and never a userid alone."""

import pytest

from gongpai.gateway.store.open import Stores
from gongpai.wecom.errors import UsageError
from gongpai.wecom.models import ExternalContact, Identity, LinkedMember, Member, Stranger, fold_id
from memory import NOW, make_person

BACKENDS = pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)
PEOPLE: list[Identity] = [
    Member("wwA", "lisi"),
    Member("wwB", "lisi"),
    Member("wwA", "lisi2"),
    LinkedMember("wwA", "wwB", "lisi"),
    LinkedMember("wwA", "wwB", "LiSi"),
    LinkedMember("wwA", "wwC", "lisi"),
    ExternalContact("wwA", "openid", "lisi"),
    Stranger("wwA", "lisi"),
    Member("wwA", "woLiSi", encrypted_ids=True),
    Member("wwA", "wolisi", encrypted_ids=True),
]


@pytest.mark.services
@BACKENDS
async def test_whoever_differs_in_one_part_is_another_person(stores: Stores) -> None:
    people = [await stores.people.mint(make_person(key=identity.key)) for identity in PEOPLE]
    assert len({person.subject for person in people}) == len(PEOPLE)


@pytest.mark.services
@BACKENDS
async def test_the_spelling_of_a_plain_id_makes_nobody_new(stores: Stores) -> None:
    spellings = [Member("wwA", "LiSi"), Member("WWA", "lisi"), Member("wwa", "LISI")]
    people = [await stores.people.mint(make_person(key=member.key)) for member in spellings]
    assert len({person.subject for person in people}) == 1
    assert people[0].key.userid == "lisi"


@pytest.mark.parametrize("userid", ["ｌisi", "lısi", "li si", "lisi\n", "", "x" * 65])
def test_an_id_that_is_not_plain_ascii_is_refused(userid: str) -> None:
    with pytest.raises(UsageError):
        fold_id(userid)


@pytest.mark.services
@BACKENDS
async def test_the_next_holder_of_a_userid_inherits_nothing(stores: Stores) -> None:
    first = await stores.people.mint(make_person())
    await stores.people.retire(first.subject, NOW)
    assert (await stores.people.mint(make_person())).subject != first.subject
