import os
import time
from collections.abc import Callable

import pytest
from benchmarks import provider
from benchmarks.connections import batches
from benchmarks.harness import Bar, Side, compare, cpu_clock_of, state

from npm_packages import require_npm_file


def side(name: str, *costs_us: float) -> Side:
    """Return a side whose clock says that its nth round cost the nth of *costs_us* an operation, then round again."""
    spent = [0.0]
    rounds = [0]

    def run(count: int) -> None:
        spent[0] += costs_us[rounds[0] % len(costs_us)] * count / 1e6
        rounds[0] += 1

    return Side(name, run, lambda: spent[0])


def test_a_row_holds_medians_and_the_median_of_the_rounds_ratios() -> None:
    row = compare("call", side("ours", 11, 12, 90), side("peer", 10, 10, 10), Bar(1.15), rounds=3, operations=100)
    assert (row.ours_us, row.peer_us, row.ratio) == pytest.approx((12, 10, 1.2))
    assert row.spread > 1
    assert not row.met


@pytest.mark.parametrize(
    ("bar", "is_met", "text"),
    [
        (Bar(max_ratio=1.2), True, "ratio <= 1.2"),
        (Bar(max_ratio=1.19), False, "ratio <= 1.19"),
        (Bar(max_us=12), True, "12 us"),
        (Bar(max_us=11.9), False, "11.9 us"),
        (Bar(max_ratio=2, max_us=3), False, "ratio <= 2, 3 us"),
        (Bar(), True, "none"),
    ],
)
def test_a_bar_limits_the_ratio_the_cost_or_both(bar: Bar, is_met: bool, text: str) -> None:  # noqa: FBT001
    assert bar.is_met(ours_us=12, ratio=1.2) is is_met
    assert str(bar) == text


def test_rounds_alternate_who_goes_first() -> None:
    order: list[str] = []

    def runner(name: str) -> Callable[[int], None]:
        return lambda _count: order.append(name)

    ticks = iter(range(1000))
    sides = [Side(name, runner(name), lambda: float(next(ticks))) for name in ("ours", "peer")]
    compare("order", sides[0], sides[1], Bar(), rounds=2, operations=1)
    assert order == ["ours", "peer", "peer", "ours"]


def test_without_a_count_a_round_is_filled_with_operations() -> None:
    counts: list[int] = []
    ours = side("ours", 1000)

    def counted(count: int) -> None:
        counts.append(count)
        ours.run(count)

    compare("calibrated", Side("ours", counted, ours.cpu_seconds), side("peer", 1000), Bar(), rounds=2)
    assert counts[-1] == 200


def test_a_side_is_measured_when_it_is_as_fast_as_it_stays() -> None:
    spent = [0.0]

    def run(count: int) -> None:
        # For a second it is compiled while it runs.
        spent[0] += count * (1e-3 if spent[0] < 1 else 1e-4)

    row = compare("warm", Side("ours", run, lambda: spent[0]), side("peer", 1000), Bar(), rounds=2)
    assert (row.ours_us, row.ratio) == pytest.approx((100, 0.1))


def test_another_process_is_measured_by_its_own_clock() -> None:
    before = time.process_time()
    clock = cpu_clock_of(os.getpid())()
    assert before <= clock <= time.process_time()


def test_a_row_is_written_with_the_keys_that_readers_rely_on() -> None:
    row = compare("call", side("ours", 1), side("peer", 3), Bar(), rounds=2, operations=1).as_json()
    expected = {"name", "ours_us", "peer_us", "ratio", "spread", "bar", "met", "interpreter", "when", "rounds"}
    assert expected <= row.keys()
    assert row["ratio"] == 0.333


def test_a_figure_is_a_median_that_must_not_be_over_its_bar() -> None:
    figure = state("cold start", "ours", [1.0, 9.0, 1.2], "s", 1.5)
    assert (figure.value, figure.bar, figure.met) == (1.2, "1.5 s", True)
    assert not state("cold start", "ours", [1.6], "s", 1.5).met
    assert state("cold start", "ours", [1.6], "s").as_json()["bar"] == "none"


def test_a_round_is_cut_into_batches() -> None:
    assert batches(35, 16) == [16, 16, 3]
    assert batches(16, 16) == [16]


def test_the_provider_and_its_peer_are_asked_for_the_same() -> None:
    require_npm_file("oidc-provider/package.json")
    with provider.ours() as gateway, provider.oidc_provider() as peer:
        for each in (gateway, peer):
            asked = [
                provider.ask(each, each.discovery),
                provider.ask(each, each.jwks),
                provider.ask_userinfo(each),
                provider.introspect(each),
                provider.sign_in_silently(each, "wiki"),
            ]
            for ask in asked:
                ask(17)
        provider.sign_in_silently(gateway, "wiki-es256")(17)
        assert provider.resident_mb(gateway.pid) > 1
