"""Chance that depends on who is counted: by hand with HMAC, and fair over many keys."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from aliases import mac
from hypothesis import given
from hypothesis import strategies as st

from colanalysis import keyed

SECRET = b"a key for tests"


def record(name: str, secret: bytes = SECRET) -> int:
    return int.from_bytes(mac(secret, b"record|" + name.encode())[:8], "big")


def chance(total: int, secret: bytes = SECRET) -> float:
    """Of a sum of record keys (modulo 2**64)."""
    return int.from_bytes(mac(secret, b"cell|" + total.to_bytes(8, "big"))[:8], "big") / 2**64


@given(st.lists(st.text(max_size=20), max_size=5))
def test_a_record_key_is_the_first_eight_bytes_of_an_hmac(names: list[str]) -> None:
    told = keyed.records(names, SECRET)
    assert told.dtype == np.int64
    assert [int(one) % 2**64 for one in told] == [record(name) for name in names]


@given(st.lists(st.integers(0, 2**64 - 1), max_size=5))
def test_the_sum_is_hashed_once_more_before_it_is_used(sums: list[int]) -> None:
    given_ = np.array(sums, dtype=np.uint64).view(np.int64)
    assert list(keyed.uniform(given_, SECRET)) == [chance(one) for one in sums]


def test_sums_that_are_the_same_draw_the_same_and_in_any_order() -> None:
    sums = np.array([5, -3, 5, 9, -3])
    drawn = keyed.uniform(sums, SECRET)
    assert drawn[0] == drawn[2] != drawn[1] == drawn[4]
    assert list(keyed.uniform(sums[::-1], SECRET)) == list(drawn[::-1])


def test_another_secret_draws_other_numbers() -> None:
    one, other = (keyed.uniform(np.arange(50), secret) for secret in (b"one", b"other"))
    assert (one != other).all()


def test_numbers_are_spread_evenly_and_neighbours_have_nothing_in_common() -> None:
    drawn = keyed.uniform(np.arange(6000), SECRET)
    assert ((drawn >= 0) & (drawn < 1)).all()
    share = np.histogram(drawn, bins=10, range=(0, 1))[0] / 6000
    # Six standard errors of a tenth.
    assert np.abs(share - 0.1).max() < 6 * np.sqrt(0.1 * 0.9 / 6000)
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.08


def test_keys_of_nobody_are_an_empty_array() -> None:
    assert keyed.records([], SECRET).shape == (0,)
    assert keyed.uniform(np.array([]), SECRET).shape == (0,)


@pytest.mark.parametrize("index", [[0, 1], [7, 3], ["a", "a"]])
def test_a_row_is_said_in_one_line_whatever_it_holds(index: list[object]) -> None:
    table = pd.DataFrame({"a": ["x", "y|z"], "n": [1.0, np.nan]}, index=index)
    told = keyed.said(table)
    assert list(told) == ["x|1.0", "y|z|nan"]
    assert list(told.index) == index
    assert keyed.said(table.iloc[:0]).empty
