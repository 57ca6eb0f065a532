import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from gongpai.gateway.audit import Audit, AuditEvent, Chain, find_break, verify
from gongpai.gateway.records import AuditRecord
from gongpai.gateway.store import StoreError
from memory import NOW, SECRET_KEY


class Pages:
    """An audit log in memory that can fail."""

    def __init__(self, *, is_ordered: bool = False) -> None:
        self.is_ordered = is_ordered
        self.records: list[AuditRecord] = []
        self.batches: list[int] = []
        self.is_down = False

    async def put(self, records: Sequence[AuditRecord]) -> None:
        await asyncio.sleep(0)
        if self.is_down:
            raise StoreError
        self.records += records
        self.batches.append(len(records))

    async def find(self, node: str, after: int, limit: int) -> list[AuditRecord]:
        return [record for record in self.records if record.node == node and record.number > after][:limit]

    async def next_node(self, after: str) -> str | None:
        return min((record.node for record in self.records if record.node > after), default=None)


async def test_events_form_a_sound_chain_and_share_commits() -> None:
    pages = Pages()
    audit = Audit(pages, SECRET_KEY)
    await asyncio.gather(*(audit.record(AuditEvent("sign_in.succeeded", facts={"n": n}), NOW) for n in range(20)))
    assert [record.number for record in pages.records] == list(range(1, 21))
    assert len(pages.batches) < 20
    assert find_break(pages.records, SECRET_KEY) is None


async def test_an_act_keeps_its_own_record_where_what_is_put_first_is_durable_first() -> None:
    pages, done = Pages(is_ordered=True), []

    async def act(records: Sequence[AuditRecord]) -> None:
        await pages.put(records)
        done.append([record.number for record in records])

    audit = Audit(pages, SECRET_KEY)
    ways = (audit.record_with(AuditEvent("begun"), NOW, act), audit.record(AuditEvent("other"), NOW))
    await asyncio.gather(*ways, audit.record_with(AuditEvent("begun"), NOW, act))
    assert done == [[1], [3]]
    assert [record.number for record in pages.records] == [1, 2, 3]
    assert find_break(pages.records, SECRET_KEY) is None


async def test_an_act_goes_before_its_record_where_nothing_says_what_is_durable_first() -> None:
    pages, done = Pages(), []

    async def act(records: Sequence[AuditRecord]) -> str:
        done.append((len(records), len(pages.records)))
        return "done"

    assert await Audit(pages, SECRET_KEY).record_with(AuditEvent("begun"), NOW, act) == "done"
    assert done == [(0, 0)]
    assert [msgspec.json.decode(record.event)["name"] for record in pages.records] == ["begun"]


@pytest.mark.parametrize("change", [{"event": "{}"}, {"at": NOW - timedelta(1)}, {"mac": "0" * 64}, {"node": "x"}])
async def test_an_altered_record_breaks_the_chain_there(change: dict[str, object]) -> None:
    pages = Pages()
    audit = Audit(pages, SECRET_KEY)
    for number in range(5):
        await audit.record(AuditEvent("event", facts={"n": number}), NOW)
    pages.records[2] = replace(pages.records[2], **change)  # type: ignore[arg-type]  # checked where the record is made
    assert find_break(pages.records, SECRET_KEY) == 3


async def test_a_record_taken_out_breaks_the_chain_there() -> None:
    pages = Pages()
    audit = Audit(pages, SECRET_KEY)
    for number in range(5):
        await audit.record(AuditEvent("event", facts={"n": number}), NOW)
    assert find_break(pages.records[:2] + pages.records[3:], SECRET_KEY) == 3
    assert find_break(pages.records, bytes(32)) == 1


async def test_every_chain_is_verified_from_page_to_page() -> None:
    pages = Pages()
    one, two = Audit(pages, SECRET_KEY), Audit(pages, SECRET_KEY)
    for number in range(1100):
        await one.record(AuditEvent("event", facts={"n": number}), NOW)
    await two.record(AuditEvent("event"), NOW)
    first, last = (pages.records[at].node for at in (0, -1))
    assert {chain async for chain in verify(pages, SECRET_KEY)} == {Chain(first, 1100), Chain(last, 1)}
    pages.records[1050] = replace(pages.records[1050], event="{}")
    assert Chain(first, 1050, 1051) in [chain async for chain in verify(pages, SECRET_KEY)]
    assert [chain async for chain in verify(Pages(), SECRET_KEY)] == []


@pytest.mark.parametrize(
    ("pages", "names"),
    [
        # An act that goes before its record has not begun.
        (Pages(), ["first", "third"]),
        (Pages(is_ordered=True), ["first", "second", "third"]),
    ],
)
async def test_an_event_that_could_not_be_kept_stops_its_act_and_is_kept_with_the_next(
    pages: Pages, names: list[str]
) -> None:
    audit = Audit(pages, SECRET_KEY)
    pages.is_down = True
    with pytest.raises(StoreError):
        await audit.record(AuditEvent("first"), NOW)
    with pytest.raises(StoreError):
        await audit.record_with(AuditEvent("second"), NOW, pages.put)
    pages.is_down = False
    await audit.record(AuditEvent("third"), NOW)
    assert [msgspec.json.decode(record.event)["name"] for record in pages.records] == names
    assert find_break(pages.records, SECRET_KEY) is None


async def test_a_long_fact_is_cut() -> None:
    pages = Pages()
    await Audit(pages, SECRET_KEY).record(AuditEvent("event", facts={"agent": "x" * 9999}), NOW)
    assert len(pages.records[0].event) < 1000
