"""What is counted in memory is written down whole, and once."""

from prometheus_client import CollectorRegistry, Counter

from gongpai.gateway.metrics import Tally


def test_counts_are_written_when_the_caller_says_so_and_never_twice() -> None:
    registry = CollectorRegistry()
    counter = Counter("questions", "Questions.", ("outcome", "source"), registry=registry)
    tally = Tally(counter, [("passed", "memory"), ("skipped", "memory")])

    def written(outcome: str) -> float | None:
        return registry.get_sample_value("questions_total", {"outcome": outcome, "source": "memory"})

    assert [tally.add(("passed", "memory")) for _ in range(3)] == [True, False, False]
    assert written("passed") is None
    for _ in range(2):
        tally.write()
        assert (written("passed"), written("skipped")) == (3, None)
    assert tally.add(("skipped", "memory"))
    tally.write()
    assert (written("passed"), written("skipped")) == (3, 1)
