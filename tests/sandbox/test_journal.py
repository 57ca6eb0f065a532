"""The journal keeps the newest requests, counts all, and holds no secret."""

from datetime import UTC, datetime

from gongpai.sandbox.journal import Journal, JournalEntry, fingerprint, fingerprints

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def _entry(call: str) -> JournalEntry:
    return JournalEntry(at=NOON, method="GET", host="h", path=f"/cgi-bin/{call}", call=call, http_status=200)


def test_entries_come_oldest_first_and_can_be_chosen_by_call() -> None:
    journal = Journal()
    for call in ("gettoken", "user/get", "gettoken"):
        journal.record(_entry(call))
    assert [entry.call for entry in journal.entries()] == ["gettoken", "user/get", "gettoken"]
    assert len(journal.entries("gettoken")) == 2
    assert [entry.call for entry in journal.entries(limit=1)] == ["gettoken"]
    journal.clear()
    assert (journal.entries(), journal.counts()) == ([], {})


def test_old_entries_are_forgotten_but_counted() -> None:
    journal = Journal()
    for _ in range(20_005):
        journal.record(_entry("user/get"))
    assert len(journal.entries()) == 20_000
    assert journal.counts() == {"user/get": 20_005}


def test_calls_that_somebody_makes_up_are_counted_together_past_a_thousand() -> None:
    journal = Journal()
    journal.record(_entry("user/get"))
    for number in range(2_000):
        journal.record(_entry(f"made/up{number}"))
    journal.record(_entry("user/get"))
    counts = journal.counts()
    assert (len(counts), counts["user/get"], sum(counts.values())) == (1_001, 2, 2_002)


def test_equal_secrets_have_equal_fingerprints_and_no_value_shows() -> None:
    kept = fingerprints({"code": "CODE", "userid": "lisi", "access_token": "", "corpsecret": "CODE", "key": 3})
    assert kept == {"code": fingerprint("CODE"), "corpsecret": fingerprint("CODE")}
    assert "CODE" not in str(kept)
