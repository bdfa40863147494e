"""Keyed: chance that depends on who is counted, and on nothing else.

Every learner has a record key, drawn from the community's own secret. The keys of those who are
counted add up (modulo 2**64) as the counts themselves do, so the same learners give the same sum,
and with it the same rounding, in every table, report, run and machine. The sum is hashed once more
before it is used, so that two sums that differ by one learner have nothing in common.
(Fixed random rounding after Krsinich; the cell-key method of the Australian Bureau of Statistics.)
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

import numpy as np
import pandas as pd

_SPAN = 2.0**64


def said(table: pd.DataFrame) -> pd.Series:
    """Each row in one line of text, whatever its columns hold."""
    lines = ["|".join(map(str, row)) for row in table.itertuples(index=False)]
    return pd.Series(lines, index=table.index, dtype=object)


def records(names: Iterable[str], secret: bytes) -> np.ndarray:
    """The record key of each name (int64, adding up modulo 2**64): a pseudonym, or a whole answer."""
    return _digests((b"record|" + name.encode() for name in names), secret).view(np.int64)


def uniform(sums: np.ndarray, secret: bytes) -> np.ndarray:
    """A number from 0 to below 1 for each sum of record keys, always the same for the same sum."""
    different, place = np.unique(np.asarray(sums, dtype=np.int64), return_inverse=True)
    told = (b"cell|" + int(one).to_bytes(8, "big", signed=True) for one in different)
    return (_digests(told, secret) / _SPAN)[place]


def _digests(messages: Iterable[bytes], secret: bytes) -> np.ndarray:
    first = b"".join(hmac.digest(secret, message, "sha256")[:8] for message in messages)
    return np.frombuffer(first, dtype=">u8").astype(np.uint64)
