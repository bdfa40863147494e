"""Find where learners succeed and where they meet hurdles, by one scan that looks both ways.

Every group of up to three attributes and every provider is compared with the other learners of the
same measure, step, year and year level, over every range of steps and of years; the whole community
with an expectation where one is set; the same learners before and after a step with the ordinary
change from one year to the next. What is listed is what is left after allowing for all of it.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from colanalysis.comparing import compare, doubt, look, prepare, rank, reach, settle
from colanalysis.comparing.case import Answer
from colanalysis.comparing.compare import Key
from colanalysis.comparing.scan import Scan
from colanalysis.terms.settings import Community


def scans(counted: pd.DataFrame, pairs: pd.DataFrame, *, community: Community) -> dict[Key, Scan]:
    """Scan every measure on every yardstick; ``counted`` and ``pairs`` as ``measure`` makes them."""
    panels = compare.panels(counted, pairs, community=community)
    return prepare.scans(panels, settings=community.settings)


def looked_at(
    scanned: Mapping[Key, Scan], pairs: pd.DataFrame, *, community: Community
) -> pd.DataFrame:
    """Everything that was compared, a row for each group, provider, level and step taken.

    Each is told over the range of steps and years in which it stands out most. Columns: kind,
    measure, period (how many yardstick changes came before), stages (ids joined by a blank),
    year_min, year_max, provider_id, group, depth, n, n_others, design_effect (by how much doubt grows
    since learners have several results and schools differ), n_success, rate, reference_rate,
    raw_gap, error, predicted (by the attributes by themselves), spread (how far such gaps stray from
    it), gap (shrunken), p_value (of this range alone), looks (how many independent ranges were looked
    at), times (how many such groups), q_value (allowing for all of it); of transitions alone
    years_seen, years_with_data, n_latest.
    """
    return look.everything(scanned, pairs, community=community)


def findings(
    rows: pd.DataFrame, scanned: Mapping[Key, Scan], *, community: Community
) -> pd.DataFrame:
    """The few findings that explain what was looked at, in order of weight (``rank.COLUMNS``)."""
    listed = settle.listed(rows, scanned, community=community)
    return rank.described(listed, scanned, community=community)


def doubts(
    found: pd.DataFrame,
    scanned: Mapping[Key, Scan],
    coverage: pd.DataFrame,
    *,
    community: Community,
) -> dict[int, list[Answer]]:
    """Ask of every finding what a careful reader would ask; the answers by rank."""
    panels = {key: one.panel for key, one in scanned.items()}
    return {
        int(row.rank): doubt.asked(row, panels, coverage, community=community)
        for row in found.itertuples()
    }


def answers(doubts: Mapping[int, list[Answer]]) -> pd.DataFrame:
    """All answers as one table: rank (of the finding), question, verdict, sentence."""
    return doubt.table(doubts)


def detectable(
    scanned: Mapping[Key, Scan], rows: pd.DataFrame, *, community: Community
) -> pd.DataFrame:
    """The smallest gaps that could have been found: columns measure, period, part, n, gap."""
    return reach.detectable(scanned, rows, community=community)


def by_learners(found: pd.DataFrame) -> pd.DataFrame:
    """Findings in order of how many learners would have to shift, or already have, in one year."""
    return rank.by_learners(found)


def by_gap(found: pd.DataFrame) -> pd.DataFrame:
    """Findings in order of the size of the gap, however few learners it is about."""
    return rank.by_gap(found)


def successes(found: pd.DataFrame) -> pd.DataFrame:
    """The findings to build on."""
    return found[found["direction"] == "success"]


def hurdles(found: pd.DataFrame) -> pd.DataFrame:
    """The findings where the system does not serve learners well yet."""
    return found[found["direction"] == "hurdle"]
