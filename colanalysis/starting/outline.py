"""The text of a new community.toml: what the community is, and every choice it can make.

What the module promises: each setting stands there once, with its default and one line on what it
changes; what was not chosen stays commented out, so that the defaults of the library hold.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict

import pandas as pd

from colanalysis.starting.draft import blocks, one_line
from colanalysis.starting.shapes import quoted
from colanalysis.terms import sections
from colanalysis.terms.settings import DEFAULT_STAGES, Community, Settings, Stage

__all__ = ["settings_text"]

_MEANS: Mapping[str, str] = {
    "false_share": "of the findings shown, the share that chance alone may bring",
    "smallest_gap": "a difference smaller than this share is not worth a finding",
    "smallest_spread": "what schools, and gaps, are taken to differ by before the data says more",
    "smallest_group": "fewer learners than this are neither compared nor published",
    "smallest_count": "a published number of learners below this is hidden",
    "smallest_survey": "fewer answers than this are hidden",
    "rounding_base": "published numbers are rounded to multiples of this",
    "smallest_change": "while fewer learners than this differ, no second version is published",
    "deepest_group": "how many attributes may be combined to describe a group",
    "ethnicity": "total response: a learner counts in every ethnic group that is recorded",
    "language_order": "which language comes first on a page: English or te reo Māori",
    "candidates": "how many achievement challenges are suggested at most",
}

_TEXT = """\
# {name}: what this community is, and the choices that can change a number.
# A line that starts with # is not read. Take the # away to use what stands behind it.
{remarks}
[community]
id = {id}
name = {name_quoted}
label = {label}  # what such a group is called here
# year = 2025  # the latest year with data; without it, the latest that the tables hold
# attributes = ["gender", "ethnicity"]  # without it, every column of learners but the id

# Rules that every number obeys; these are the defaults.
[settings]
{settings}

# What the page tells and in which order; without it, everything. A notebook of yours (.ipynb) can be one.
# [report]
# sections = {sections}

# A page with numbers about learners needs a reason, someone who answers for it, and an end.
[privacy]
# purpose = "Choosing achievement challenges"  # why the records are used
# approver = "Principals' group"  # a role, not a person
# expires = 2026-12-31  # the day after which no more reports are made
# key_file = "~/keys/community.key"  # what makes pseudonyms; else among your own settings

# The steps of the pathway in order, by first and last year level. To change one, list them all.
# [stages]
{stages}

# A measure of your own, or another cut for one of the catalogue (same id). One block each.
# [[measure]]
# id = "reading_for_pleasure"
# label = "Reads for pleasure"
# domain = "engagement"  # achievement, attendance, wellbeing, engagement, participation, progress
# scale = ["never", "sometimes", "often"]  # lowest first; or "number", or "yes/no"
# success_from = "often"  # for numbers at_least or more_than instead
# year_levels = [1, 8]  # where it applies

# A file in another shape: which of its columns is which of ours. One block each. What is the same in
# several files stands once in a [profile.NAME] or in profiles/NAME.toml; their blocks say profile = "NAME".
{sources}

# An earlier challenge to follow. One block each.
# [[plan]]
# challenge = "Writing in years 4 to 6"
# measure = "writing_judgement"
# year_levels = "4-6"
# target = 0.85  # the share of learners who should succeed
# target_year = 2026
# baseline_year = 2024
"""


def settings_text(
    *,
    community_id: str,
    name: str,
    remarks: Sequence[str],
    found: pd.DataFrame,
    kept: Collection[str] = (),
) -> str:
    """Write a commented community.toml, with the exports `found` (`file`, `columns`) as sources.

    `remarks` say where the members come from; each becomes a comment line. `kept` are the names of
    profiles that lie in the folder: an export of that name uses its profile, others get a draft.
    """
    return _TEXT.format(
        name=one_line(name),
        remarks="".join(f"# {one_line(remark)}\n" for remark in remarks),
        id=quoted(community_id),
        name_quoted=quoted(name),
        label=quoted(Community.label),
        settings="\n".join(_setting(name, value) for name, value in asdict(Settings()).items()),
        sections=json.dumps(sections.IDS),
        stages="\n".join(_stage(stage) for stage in DEFAULT_STAGES),
        sources=blocks(found, kept=kept),
    )


def _setting(name: str, value: object) -> str:
    return f"# {name} = {json.dumps(value)}  # {_MEANS[name]}"


def _stage(stage: Stage) -> str:
    return f"# {stage.id} = {json.dumps(stage.id if stage.first is None else [stage.first, stage.last])}"
