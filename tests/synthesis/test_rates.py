"""Shares, intervals and balance: empty denominators are nothing, never NaN."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentalign_env.synthesis.agreement import kappa
from agentalign_env.synthesis.rates import Rate, balance_of

COUNTS = st.dictionaries(st.text(max_size=3), st.integers(0, 50), max_size=8)


def test_a_share_of_nothing_is_nothing() -> None:
    assert Rate(0, 0).to_json() == {"count": 0, "total": 0, "share": None, "interval": None}


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_intervals_are_those_of_wilson(count: int, total: int, low: float, high: float) -> None:
    assert Rate(count, total).interval == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_an_interval_holds_its_share_and_stays_within_bounds(one: int, other: int) -> None:
    rate = Rate(min(one, other), max(one, other))
    if rate.total:
        assert rate.share is not None
        assert rate.interval is not None
        low, high = rate.interval
        assert 0 <= low <= rate.share + 1e-12
        assert rate.share - 1e-12 <= high <= 1


def test_an_even_spread_has_evenness_one_and_a_single_kind_has_none() -> None:
    assert balance_of({"a": 4, "b": 4, "c": 4}).evenness == pytest.approx(1)
    assert balance_of({"a": 4, "b": 0}).evenness is None
    assert balance_of({}).to_json() == {"counts": {}, "kinds": 0, "evenness": None, "commonest": None, "rarest": None}


@given(COUNTS)
def test_balance_keeps_every_count_and_orders_them(counts: dict[str, int]) -> None:
    balance = balance_of(counts)
    assert dict(balance.counts) == {kind: count for kind, count in counts.items() if count}
    assert list(balance.counts.values()) == sorted(balance.counts.values(), reverse=True)
    if balance.evenness is not None:
        assert 0 <= balance.evenness <= 1
        assert math.isfinite(balance.evenness)


def test_kappa_of_a_known_table() -> None:
    pairs = {("benign", "benign"): 20, ("benign", "harmful"): 5, ("harmful", "benign"): 10, ("harmful", "harmful"): 15}
    assert kappa(pairs) == pytest.approx(0.4)


def test_kappa_has_no_value_without_items_or_without_any_choice() -> None:
    assert kappa({}) is None
    assert kappa({("benign", "benign"): 7}) is None
    assert kappa({("benign", "harmful"): 4, ("harmful", "benign"): 4}) == pytest.approx(-1)
