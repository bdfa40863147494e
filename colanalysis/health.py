"""Health: what can be trusted of a community's data, and what its reports can say, for the data lead.

One page and one table (``checks.csv``): every check with its verdict, where it was broken, what was
expected and how to mend it. Row numbers are told; what stands in the rows never is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from colanalysis import (
    account,
    agree,
    deliver,
    describe,
    draw,
    export,
    judging,
    kept,
    link,
    measure,
    page,
)
from colanalysis.check import Checked
from colanalysis.executing import notebooks
from colanalysis.link import Journeys
from colanalysis.moderating import moderate
from colanalysis.page import Html
from colanalysis.terms import problems
from colanalysis.terms.rules import RULES, SEVERITIES

PAGE, CHECKS = "data-health.html", "checks.csv"
COLUMNS = ["check", "verdict", "file", "rows", "column", "count", "looks_for", "why", "expected", "remedy"]  # fmt: skip
PASSED = "passed"
IN_CHART = 10


@dataclass(frozen=True)
class Health:
    """What was looked at: ``checks`` (``COLUMNS``), ``coverage`` and ``reports`` as tables.

    ``schools`` and ``doubts``: what schools mean by a judgement (``moderate``).
    """

    checked: Checked
    checks: pd.DataFrame
    coverage: pd.DataFrame
    schools: pd.DataFrame
    doubts: pd.DataFrame
    reports: pd.DataFrame

    @property
    def blocked(self) -> bool:
        """Whether anything stands in the way of a report."""
        return not self.checked.blocking.empty


def look(folder: Path | str) -> Health:
    """Read a community's folder and look at everything that every check asks.

    UsageError, SettingsError and DataError as ``load.community`` raises them.
    """
    checked = kept.checked(folder)
    journeys = link.journeys(checked) if checked.blocking.empty else None
    coverage = measure.coverage(journeys) if journeys else pd.DataFrame()
    agreed = agree.counts(journeys) if journeys else pd.DataFrame(columns=agree.COLUMNS)
    community = checked.community
    schools = moderate.schools(agreed, community=community)
    doubts = moderate.doubts(agreed, community=community)
    apart = judging.notes(schools, _names(checked), community.measures)
    told = problems.table([*checked.problems.to_dict("records"), *apart])
    checked = replace(checked, problems=told)
    reports = _reports(checked, journeys)
    return Health(checked, _checks(told), coverage, schools, doubts, reports)


def write(health: Health, out: Path | None = None) -> Path:
    """Write the page and ``checks.csv``, and return the path of the page."""
    target = deliver.place(
        out or deliver.default_place(health.checked.community.id, audience="data-lead")
    )
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=target) as making:
        whole = Path(making)
        deliver.write_csv(health.checks, whole / CHECKS)
        (whole / PAGE).write_text(_page(health), encoding="utf-8", newline="\n")
        for name in (CHECKS, PAGE):
            (whole / name).replace(target / name)
    return target / PAGE


def _names(checked: Checked) -> Mapping[str, str]:
    providers = checked.frames["providers"]
    return dict(zip(providers["provider_id"], providers["name"], strict=True))


def _checks(found: pd.DataFrame) -> pd.DataFrame:
    """One row for each check and each column of a file in which it was broken, then those passed."""
    rows = [
        {
            "check": rule,
            "verdict": severity,
            "file": file,
            "rows": problems.rows_in_words(part),
            "column": column,
            "count": int(part["count"].sum()),
            "expected": expected,
            "remedy": remedy,
        }
        for (severity, file, rule, column, expected, remedy), part in problems.alike(found)
    ]
    broken = {row["check"] for row in rows}
    blank = dict.fromkeys(COLUMNS, "")
    passed = [name for name in RULES if name not in broken]
    rows += [blank | {"check": name, "verdict": PASSED, "count": 0} for name in passed]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["looks_for"] = [RULES[name].looks_for for name in table["check"]]
    table["why"] = [RULES[name].why for name in table["check"]]
    return table


def _reports(checked: Checked, journeys: Journeys | None) -> pd.DataFrame:
    """Each thing that a report can tell: whether this data lets it, and what would."""
    frames, community = checked.frames, checked.community
    if journeys is None:
        blocked = "Something blocks: see the checks."
        return pd.DataFrame([("Any report", "no", blocked)], columns=["what", "can", "why"])
    own = journeys.results
    measured = {name: community.measures[name] for name in own["measure"].unique()}
    domains = {one.domain for one in measured.values()} | {
        community.measures[name].domain for name in frames["counts"]["measure"].unique()
    }
    years = own.groupby("measure")["year"].nunique()
    steps = own[own["learner"].isin(journeys.places["learner"])]
    stages = steps.groupby(["measure", "learner"])["stage"].nunique()
    followed = int((stages > 1).groupby("learner").any().sum()) if len(stages) else 0
    kinds = set(checked.frames["providers"]["type"])
    asked = [
        ("Where learners succeed and where they meet hurdles", bool(len(own) or len(frames["counts"])),
         f"results of {len(measured)} measures", "results (observations, survey or counts)"),
        ("Which groups of learners a hurdle affects most", not journeys.memberships.empty,
         "{} attributes".format(journeys.memberships["attribute"].nunique()),
         "a learners table with gender, ethnicity or other attributes"),
        ("The same learners from step to step", followed > 0,
         f"{followed:,} learners with results of one measure at two steps",
         "ids that stay the same over the years and at the next school"),
        ("How it changes over the years", bool((years > 1).any()),
         f"{int((years > 1).sum())} measures in two and more years", "results of earlier years"),
        ("Who was assessed and who was not", not journeys.places.empty,
         "enrolments", "an enrolments table"),
        ("Early childhood", bool("ece" in kinds or {"participation"} & domains),
         "early learning services or participation", "early learning services among the providers, "
         "or participation before school"),
        ("Wellbeing", "wellbeing" in domains, "answers", "a wellbeing survey"),
        ("Whānau engagement", "engagement" in domains, "results", "a measure of engagement"),
        ("Local knowledge beside the data", len(frames["local_knowledge"]) > 0,
         f"{len(frames['local_knowledge'])} claims", "a local_knowledge table"),
        ("How resources are shared", len(frames["resources"]) > 0,
         f"{len(frames['resources'])} resources", "a resources table"),
    ]  # fmt: skip
    rows = [
        (what, "yes" if can else "no", has if can else f"It would take {needs}.")
        for what, can, has, needs in asked
    ]
    return pd.DataFrame(rows, columns=["what", "can", "why"])


def _page(health: Health) -> str:
    community = health.checked.community
    pieces = [
        Html("<h1>Is the data of {} in good health?</h1>").format(community.name),
        page.notice(
            "For the data lead: numbers of learners are exact. Do not forward, print or publish.",
            "caution",
        ),
        _in_short(health),
        page.heading(2, "What has to be mended", anchor="mend"),
        _broken(health.checks),
        page.heading(2, "What reports can say", anchor="reports"),
        _can(health.reports),
        page.heading(2, "Who was assessed", anchor="coverage"),
        _coverage(health),
        page.heading(2, "Do schools' judgements mean the same?", anchor="judging"),
        judging.section(health.schools, health.doubts, _names(health.checked), community.measures),
        page.heading(2, "Every row accounted for", anchor="rows"),
        page.table(
            health.checked.rows,
            caption="Rows read, used and set aside",
            headings={"rows_in": "Read"},
        ),
        page.heading(2, "Every check", anchor="checks"),
        _all_checks(health.checks),
    ]
    return export.notebook(notebooks.showing(pieces), title=f"{community.name} · data health")


def _in_short(health: Health) -> Html:
    verdicts = health.checks.drop_duplicates(["check", "verdict"])["verdict"].value_counts()
    worst = "Something blocks a report." if health.blocked else "Nothing blocks a report."
    told = {
        SEVERITIES[0]: "blocking",
        SEVERITIES[1]: "with rows set aside",
        SEVERITIES[2]: "worth a look",
        PASSED: "with nothing to mend",
    }
    said = [f"{verdicts.get(name, 0)} {words}" for name, words in told.items()]
    rows = health.checked.rows
    return page.paragraphs(
        [
            f"{worst} {len(RULES)} checks: {', '.join(said)}.",
            f"{rows['rows_in'].sum():,} rows were read; {rows['used'].sum():,} are used and "
            f"{rows['set_aside'].sum():,} are set aside.",
        ]
    )


def _broken(checks: pd.DataFrame) -> Html:
    broken = checks[checks["verdict"] != PASSED]
    if broken.empty:
        return page.paragraphs(["Every check found nothing to mend."])
    return page.cards(
        (
            f"{row.verdict.capitalize()}: {row.check}",
            [
                ", ".join(
                    filter(
                        None,
                        [row.file or "The folder", row.rows, row.column and f"column {row.column}"],
                    )
                )
                + ".",
                f"Expected: {row.expected}",
                f"To mend it: {row.remedy}",
                f"Why it matters: {row.why}",
            ],
        )
        for row in broken.itertuples()
    )


def _can(reports: pd.DataFrame) -> Html:
    headings = {"what": "A report can tell", "can": "With this data", "why": "Because of"}
    return page.table(reports, caption="What this data lets a report tell", headings=headings)


def _coverage(health: Health) -> Html:
    table = health.coverage
    if table.empty:
        return page.paragraphs(["There is no list of who could have been assessed."])
    community = health.checked.community
    names = health.checked.frames["providers"].set_index("provider_id")["name"]
    latest = table[table["year"] == table.groupby("measure")["year"].transform("max")]
    by_provider = _shares(latest[latest["group"] == ""], ["measure", "provider_id"])
    by_group = _shares(latest, ["measure", "group"])
    labels: Mapping[str, str] = {one.id: one.label for one in community.measures.values()}
    by_provider = by_provider.assign(
        label=[
            f"{names.get(row.provider_id, row.provider_id)}, {labels[row.measure]}"
            for row in by_provider.itertuples()
        ]  # fmt: skip
    )
    some = by_provider[by_provider["assessed"] > 0]
    lowest = some.sort_values(["share", "label"], kind="stable").head(IN_CHART)
    shown = by_provider[["label", "eligible", "assessed", "share"]].assign(
        share=by_provider["share"].map(describe.percent)
    )
    figure = page.figure(
        draw.coverage(lowest[["label", "share"]]),
        title="Where fewest learners were assessed",
        subtitle="Share of enrolled learners with a result, latest year, lowest shares",
        table=page.table(
            shown,
            caption="Learners assessed, by provider and measure",
            headings={
                "label": "Provider and measure",
                "eligible": "Could have been",
                "assessed": "Were",
            },
        ),  # fmt: skip
        note="Learners who were not assessed are in no share of a report.",
    )
    return figure + page.paragraphs(_without(by_provider)) + _less_often(by_group, labels)


def _shares(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    summed = rows.groupby(keys, sort=True)[["eligible", "assessed"]].sum().reset_index()
    return summed.assign(share=summed["assessed"] / summed["eligible"])


def _without(by_provider: pd.DataFrame) -> list[str]:
    none = by_provider.loc[by_provider["assessed"] == 0, "label"]
    if none.empty:
        return []
    return [
        f"No result at all, though learners of the year levels were enrolled: {'; '.join(none)}. Either "
        "the measure is not used there, or a file is missing."
    ]


def _less_often(by_group: pd.DataFrame, labels: Mapping[str, str]) -> Html:
    whole = by_group[by_group["group"] == ""].set_index("measure")["share"]
    groups = by_group[by_group["group"] != ""]
    behind = groups[groups["measure"].map(whole) - groups["share"] >= account.GAP_IN_COVERAGE]
    said = [
        f"{labels[row.measure]}: {describe.learners(row.group)} {describe.percent(row.share)}, all "
        f"learners {describe.percent(whole[row.measure])}."
        for row in behind.itertuples()
    ]
    return account.less_often(said)


def _all_checks(checks: pd.DataFrame) -> Html:
    once = checks.drop_duplicates("check")[["check", "verdict", "looks_for", "why"]]
    once = once.sort_values("check", kind="stable")
    headings = {"looks_for": "Looks for", "why": "Why it matters"}
    return page.table(once, caption="Every check and its verdict", headings=headings)
