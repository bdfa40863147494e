"""Need: how many more learners would have to succeed at each provider, from what may be told.

Worked out from published counts, and so as rounded and as hidden as they are. What is told in words
becomes a range; what is hidden stays missing, and is never taken for nought.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

COLUMNS = ["rank", "provider_id", "n", "low", "high"]
# Fewer than six is said of none to five.
_FEW = 5


def at(shown: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Learners to shift a year at each provider, to reach the share that a finding compares with.

    ``shown``: rank, provider_id, n, n_success, mark of published counts. ``found``: rank and
    reference_rate. Columns: rank, provider_id, n, low, high; low and high differ where the count is
    told in words only ("few", "most"), and are missing where nothing is told.
    """
    hoped = shown["rank"].map(found.set_index("rank")["reference_rate"]).astype(float)
    n, x = shown["n"].astype(float), shown["n_success"].astype(float)
    few, most, hidden = shown["mark"] == "few", shown["mark"] == "most", n.isna()
    fewest = x.mask(few, 0.0).mask(most, (n - _FEW).clip(lower=0))
    largest = x.mask(few, np.minimum(n, _FEW)).mask(most, n)
    return pd.DataFrame(
        {
            "rank": shown["rank"],
            "provider_id": shown["provider_id"],
            "n": n,
            "low": _short_by(hoped * n - largest).mask(hidden),
            "high": _short_by(hoped * n - fewest).mask(hidden),
        },
        columns=COLUMNS,
    ).reset_index(drop=True)


def _short_by(missing: pd.Series) -> pd.Series:
    """Whole learners, upwards: a share is reached only when all of it is."""
    return np.ceil(missing.round(6)).clip(lower=0) + 0.0  # and not minus nought
