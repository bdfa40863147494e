"""Every table of a public release, counted again from the sample's files in plain pandas."""

import dataclasses
import tomllib
from collections import Counter, defaultdict
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import counted as counts_of

import colanalysis
from colanalysis import protect, release
from colanalysis.errors import UsageError
from colanalysis.publishing import accompany, since

LEVELS = {**dict.fromkeys(range(4), "years_0_3"), **dict.fromkeys(range(4, 7), "years_4_6"),
          7: "years_7_8", 8: "years_7_8", 9: "years_9_10", 10: "years_9_10",
          **dict.fromkeys(range(11, 14), "years_11_13")}  # fmt: skip
PATHWAY = ["ece", *dict.fromkeys(LEVELS.values()), "leavers"]
FIRST_DIGIT = {"1": "European/Pākehā", "2": "Māori", "3": "Pacific Peoples", "4": "Asian",
               "5": "MELAA", "6": "Other ethnicity"}  # fmt: skip
NAMED = {"Māori": "2", "Maori": "2", "Pacific Peoples": "3", "Samoan": "3", "Tongan": "3",
         "Chinese": "4", "Indian": "4", "Filipino": "4", "Middle Eastern": "5", "NZ European": "1",
         "European/Pākehā": "1"}  # fmt: skip
# Published reading cuts of the stated convention, year level by year level.
READING = {4: 1294, 5: 1376, 6: 1398, 7: 1446, 8: 1470, 9: 1556, 10: 1587}


@pytest.fixture(scope="module")
def public(public):
    return public.tables


@pytest.fixture(scope="module")
def catalogue():
    path = Path(colanalysis.__file__).parent / "reference" / "measures.toml"
    return {m["id"]: m for m in tomllib.loads(path.read_text(encoding="utf-8"))["measure"]}


def file(folder, name):
    return pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def ece(sample):
    providers = file(sample, "providers")
    return set(providers.loc[providers["type"] == "ece", "provider_id"])


def answers_of(folder):
    """Survey answers, each as a learner of its own."""
    answers = file(folder, "survey")
    return answers.assign(learner_id=[f"answer {row}" for row in answers.index])


@pytest.fixture(scope="module")
def results(sample, catalogue):
    """A row per result, of learners and of survey answers, with step and success."""
    learners, answers = file(sample, "observations"), answers_of(sample)
    rows = pd.concat([learners, answers], ignore_index=True)
    rows["survey"] = rows["measure"].isin(answers["measure"])
    rows["year"] = rows["year"].astype(int)
    level = rows["year_level"].astype(int)
    own = {name: m["stage"] for name, m in catalogue.items() if "stage" in m}
    rows["stage"] = rows["measure"].map(own).fillna(level.map(LEVELS))
    number = pd.to_numeric(rows["value"], errors="coerce")
    rows["success"] = False
    for name, at in rows.groupby("measure").groups.items():
        measure = catalogue[name]
        if name == "attendance":
            good = number[at] > 0.9
        elif name == "easttle_reading":
            good = number[at] >= level[at].map(READING)
        elif name == "pat_maths_stanine":
            good = number[at] >= 4
        elif measure["scale"] == "yes/no":
            good = rows.loc[at, "value"] == measure["success_from"]
        else:
            scale = measure["scale"]
            good = rows.loc[at, "value"].isin(scale[scale.index(measure["success_from"]) :])
        rows.loc[at, "success"] = good
    return rows


def ethnicities(text):
    return {FIRST_DIGIT[NAMED.get(part, part)[0]] for part in text.split(";") if part}


@pytest.fixture(scope="module")
def groups(sample):
    """A row per learner or answer and group, everybody being a group too."""
    learners = pd.concat([file(sample, "learners"), answers_of(sample)]).fillna("")
    rows = [(one, "") for one in learners["learner_id"]]
    for row in learners.itertuples():
        rows += [(row.learner_id, f"ethnicity={name}") for name in ethnicities(row.ethnicity)]
        for attribute in ("gender", "ell", "transient"):
            value = getattr(row, attribute)
            rows += [(row.learner_id, f"{attribute}={value}")] if value else []
    return pd.DataFrame(rows, columns=["learner_id", "group"])


@pytest.fixture(scope="module")
def places(sample, ece):
    """A row per learner and year: where they were last, at which step."""
    rows = file(sample, "enrolments")
    rows["from"] = pd.to_datetime(rows["start_date"], format="%d/%m/%Y")
    rows = rows.sort_values("from", kind="stable").drop_duplicates(
        ["learner_id", "year"], keep="last"
    )
    level = pd.to_numeric(rows["year_level"])
    stage = level.map(LEVELS).mask(rows["provider_id"].isin(ece), "ece")
    return rows.assign(year=rows["year"].astype(int), level=level, stage=stage)


def near(number, exact):
    """A neighbouring multiple of three, the number itself where it is one."""
    return number % 3 == 0 and abs(number - exact) <= (2 if exact % 3 else 0)


class told:  # noqa: N801 (read as a word in what is expected)
    """What the privacy page promises to show of a count, equal to any (n, successes) that keeps it.

    None is where nothing is told; the audit may hide more, and how much is asked elsewhere.
    """

    def __init__(self, n, n_success, smallest=10):
        self.n, self.n_success, self.smallest = n, n_success, smallest

    def __repr__(self):
        return f"told({self.n}, {self.n_success})"

    __hash__ = None

    def __eq__(self, other):
        n, x = other
        sized = n is None or (self.n >= self.smallest and near(n, self.n))
        both = self.n >= 15 and 6 <= self.n_success <= 3 * ((self.n - 6) // 3)
        return sized and (x is None or (both and n is not None and near(x, self.n_success)))


def of_groups(rows, groups):
    """Learners and successes of every single group, small ones of an attribute together."""
    both = rows.merge(groups, on="learner_id")
    size = both[both["group"] != ""].groupby("group").size()
    named = {group: group for group in ["", *size.index]}
    for attribute in size.index.str.partition("=").get_level_values(0).unique():
        few = [g for g in size.index[size < 15] if g.startswith(f"{attribute}=")]
        values = sorted((g.partition("=")[2] for g in few), key=place)
        named |= dict.fromkeys(few, f"{attribute}=" + " or ".join(values))
    both = both.assign(group=both["group"].map(named)).drop_duplicates(
        ["learner_id", "year", "group"]
    )
    return both.groupby("group")["success"].agg(["size", "sum"])


def place(value):
    known = ["Māori", "Pacific Peoples", "Asian", "MELAA", "Other ethnicity"]
    return (known.index(value) if value in known else len(known), value)


def matches(mine, counted, *columns, smallest=10):
    """Rows by group are those of the files; few that could be told are not."""
    got = dict(zip(mine["group"], written(mine, *columns), strict=True))
    expected = {group: told(n, x, smallest) for group, (n, x) in counted.iterrows()}
    assert set(got) <= set(expected)
    assert got == {group: expected[group] for group in got}
    could = [group for group, count in expected.items() if count.n >= 15]
    return len(set(could) & set(got)), len(could)


def least(measure):
    return 5 if measure.startswith("wellbeing") else 10


def written(table, *columns):
    return [
        tuple(None if pd.isna(v) else v for v in row) for row in table[list(columns)].to_numpy()
    ]


def latest(rows, *keys):
    return rows[rows["year"] == rows.groupby(list(keys))["year"].transform("max")]


def test_steps_are_the_latest_years_of_the_files(public, results, catalogue):
    table = public["steps"]
    rows = latest(results, "measure", "stage").groupby(["measure", "stage", "year"])["success"]
    counted = rows.agg(["size", "sum"])
    assert len(counted) == len(table)
    for row in table.itertuples():
        n, x = counted.loc[(row.measure, row.stage, row.year)]
        assert written(table.loc[[row.Index]], "n", "n_success") == [told(n, x, least(row.measure))]
    place = [
        (PATHWAY.index(row.stage), list(catalogue).index(row.measure)) for row in table.itertuples()
    ]
    assert place == sorted(place)


def test_one_providers_steps_are_counted_among_its_own_learners(small):
    levels = {
        3: "years_0_3",
        **dict.fromkeys((4, 5, 6), "years_4_6"),
        7: "years_7_8",
        8: "years_7_8",
    }
    before = release.told_to("public", small.gathered, release.NOTHING).decided
    table = release.seal(small.gathered, provider="P3", before=before).tables["steps"]
    rows = small.rows["observations"].query("provider_id == 'P3'")
    rows = rows.assign(
        stage=rows["year_level"].map(levels), success=rows["value"].isin(["at", 0.95])
    )
    own = latest(rows, "measure", "stage")
    counted = own.groupby(["measure", "stage"])["success"].agg(["size", "sum"])
    expected = {key: told(n, x) for key, (n, x) in counted.iterrows()}
    keys = table[["measure", "stage"]].itertuples(index=False, name=None)
    got = dict(zip(keys, written(table, "n", "n_success"), strict=True))
    assert got == expected
    assert (None, None) in got.values()
    assert any(x is not None for _, x in got.values())


def test_affected_has_every_group_that_may_be_told_and_no_other(public, results, groups):
    found, table = public["findings"], public["affected"]
    hurdles = found[(found["direction"] == "hurdle") & (found["kind"] == "gap")]
    assert len(hurdles) >= 4
    seen, all_ = 0, 0
    for hurdle in hurdles.itertuples():
        rows = results[
            (results["measure"] == hurdle.measure)
            & results["stage"].isin(hurdle.stages.split())
            & results["year"].between(hurdle.year_min, hurdle.year_max)
        ]
        mine = table[table["rank"] == hurdle.rank]
        assert not mine["group"].duplicated().any()
        there, could = matches(mine, of_groups(rows, groups), "n", "n_success")
        seen, all_ = seen + there, all_ + could
    assert seen >= 0.8 * all_ > 20


def test_groups_are_counted_over_all_steps_of_the_latest_year(public, results, groups):
    table, members = public["groups"], groups.groupby("group")["learner_id"].agg(set)
    seen, all_ = 0, 0
    for name, rows in results.groupby("measure"):
        own = latest(rows, "measure")
        mine = table[(table["measure"] == name) & ~table["group"].str.contains(" & ")]
        assert set(mine["year"]) == set(own["year"])
        there, could = matches(mine, of_groups(own, groups), "n", "n_success", smallest=least(name))
        seen, all_ = seen + there, all_ + could
        for both in table[
            (table["measure"] == name) & table["group"].str.contains(" & ")
        ].itertuples():
            if " or " not in both.group:
                who = set.intersection(*(members[part] for part in both.group.split(" & ")))
                mine = own[own["learner_id"].isin(who)]["success"]
                got = written(pd.DataFrame([both]), "n", "n_success")
                assert got == [told(len(mine), mine.sum(), least(name))]
    assert seen >= 0.8 * all_ > 50


def test_most_of_what_the_rules_would_tell_is_told(public):
    """Findings are what a report is for; the audit withholds other numbers before them."""
    assert len(public["findings"]) >= 10
    withheld = public["cells"]["done"].str.startswith("withheld")
    assert withheld.mean() < 0.3
    assert not public["findings"]["done"].str.startswith("withheld").any()


def test_a_groups_years_are_counted_year_by_year(public, results, groups):
    found, table = public["findings"].set_index("rank"), public["years"]
    assert set(table["rank"]) == set(found.index[found["kind"] == "gap"])
    assert set(table["who"]) == {"group", "all"}
    for (rank, who), mine in table.groupby(["rank", "who"]):
        finding = found.loc[rank]
        rows = results[
            (results["measure"] == finding["measure"])
            & results["stage"].isin(finding["stages"].split())
        ]
        if finding["provider_id"] and who == "group":
            rows = rows[rows["provider_id"] == finding["provider_id"]]
        for part in filter(None, finding["group"].split(" & ") if who == "group" else []):
            rows = rows[rows["learner_id"].isin(groups.loc[groups["group"] == part, "learner_id"])]
        counted = rows.groupby("year")["success"].agg(["size", "sum"])
        assert list(mine["year"]) == list(counted.index)
        assert written(mine, "n", "n_success") == [
            told(n, x, least(finding["measure"])) for n, x in counted.to_numpy()
        ]
        assert mine["period"].is_monotonic_increasing


def test_coverage_is_enrolled_learners_beside_learners_with_a_result(
    public, places, results, groups, catalogue
):
    table, seen, all_, steps = public["coverage"], 0, 0, set()
    for name, rows in results[~results["survey"]].groupby("measure"):
        if "stage" in catalogue[name]:
            continue
        low, high = catalogue[name].get("year_levels", (0, 13))
        own = places[places["level"].between(low, high) & places["year"].isin(rows["year"])]
        assessed = set(zip(rows["learner_id"], rows["year"], strict=True))
        hit = [key in assessed for key in zip(own["learner_id"], own["year"], strict=True)]
        for stage, there in latest(own.assign(success=hit), "stage").groupby("stage"):
            mine = table[(table["measure"] == name) & (table["stage"] == stage)]
            assert set(mine["year"]) == set(there["year"])
            told_of, could = matches(mine, of_groups(there, groups), "eligible", "assessed")
            seen, all_ = seen + told_of, all_ + could
            steps.add((name, stage))
    assert set(table[["measure", "stage"]].itertuples(index=False, name=None)) == steps
    assert seen >= 0.7 * all_ > 100


def test_transitions_pair_the_same_learners_on_one_yardstick(public, results, catalogue):
    rows = results[~results["survey"]]
    rows = rows[["learner_id", "measure", "year", "stage", "success"]]
    both = rows.merge(rows.assign(year=rows["year"] - 1), on=["learner_id", "measure", "year"])
    broken = {
        (name, b["date"].year - 1) for name, m in catalogue.items() for b in m.get("breaks", [])
    }
    whole = [key not in broken for key in zip(both["measure"], both["year"], strict=True)]
    both = both[whole]
    keys = ["measure", "stage_x", "stage_y"]
    counted = both.groupby(keys)[["success_x", "success_y"]].agg(["size", "sum"])
    table = public["transitions"]
    steps = set(
        table[["measure", "stage_before", "stage_after"]].itertuples(index=False, name=None)
    )
    assert {key for key in counted.index if key[1:] in set(pairwise(PATHWAY))} <= steps
    assert {key for key in steps if key[1] != key[2]} <= set(counted.index)
    known = 0
    for row in table.itertuples():
        n, first, _, then = counted.loc[(row.measure, row.stage_before, row.stage_after)]
        mine = table.loc[[row.Index]]
        assert written(mine, "n", "before") == [told(n, first)]
        assert written(mine, "n", "after") == [told(n, then)]
        known += not (np.isnan(row.before) or np.isnan(row.after))
    assert known > 10
    still = both[both["stage_x"] == both["stage_y"]].groupby("measure")[["success_x", "success_y"]]
    for row in table[table["ordinary_change"].notna()].itertuples():
        n, first, _, then = still.agg(["size", "sum"]).loc[row.measure]
        # Steps of which both sides may be told, each rounded; some may be left out.
        assert row.ordinary_change == pytest.approx((then - first) / n, abs=0.03)


def test_flows_follow_each_learner_from_step_to_step(public, places):
    first, last = places["year"].min(), places["year"].max()
    following = dict(pairwise(PATHWAY))
    leading = {after: before for before, after in following.items()}
    rows = places.sort_values(["learner_id", "year"])
    paths = defaultdict(list)
    for row in zip(*(rows[c] for c in ("learner_id", "year", "stage", "provider_id")), strict=True):
        paths[row[0]].append(row[1:])
    counted = Counter()
    for path in paths.values():
        if path[0][0] > first and path[0][1] in leading:
            counted[leading[path[0][1]], "new_in_step"] += 1
        for (_, step, provider), (_, then, there) in pairwise(path):
            if PATHWAY.index(then) > PATHWAY.index(step):
                counted[step, "same_provider" if there == provider else "other_provider"] += 1
        if path[-1][0] < last:
            counted[path[-1][1], "not_seen_again"] += 1
    parts = ["same_provider", "other_provider", "not_seen_again"]
    expected = {}
    for before, after in pairwise(PATHWAY):
        whole, new = sum(counted[before, part] for part in parts), counted[before, "new_in_step"]
        expected[before, after] = (whole, *(counted[before, part] for part in parts), new)
    table = public["flows"]
    keys = table[["stage_before", "stage_after"]].itertuples(index=False, name=None)
    numbers = written(table, "leaving_step", *parts, "new_in_step")
    shown = dict(zip(keys, numbers, strict=True))
    assert set(shown) == set(expected)
    for step, exact in expected.items():
        whole, *own, new = shown[step]
        for number, count, smallest in zip(
            (whole, *own, new), exact, (10, 6, 6, 6, 10), strict=True
        ):
            assert number is None or (count >= smallest and near(number, count))
        assert all(
            part is None or (whole and exact[0] - exact[1 + at] >= 6) for at, part in enumerate(own)
        )
    assert sum(number is not None for numbers in shown.values() for number in numbers) > 12


def test_rows_are_told_rounded_and_few_problems_not_at_all(public, gathered):
    table = public["data"]
    for row in gathered.rows.itertuples():
        mine = table[table["table"] == row.table].set_index("what")["count"]
        for what in ("rows_in", "used", "set_aside"):
            exact = getattr(row, what)
            # Rows are nobody in particular: they go to the nearest multiple.
            assert mine[what] == 3 * round(exact / 3) if exact >= 6 else np.isnan(mine[what])
    problems = table[table["table"] == ""]
    assert list(problems["severity"]) == ["warning"]
    assert problems["count"].isna().all()


def test_answers_of_a_survey_are_told_from_five_on_and_results_of_learners_from_ten(small):
    """By the rules alone; seven of either are in no other report."""
    names = ["wellbeing_primary_school_culture", "reading_judgement"]
    finest = small.gathered.atoms.iloc[:1].assign(
        domain="results", stage="years_4_6", year=2025, year_level=5.0, provider_id="P1", profile="",
        came_from="", goes_to="", n=7, n_success=3,
    )  # fmt: skip
    rows = counts_of(
        *({"measure": name, "n": 7, "n_success": 3, "provider_id": "P1"} for name in names)
    )
    changed = dataclasses.replace(
        small.gathered,
        counted=rows,
        atoms=pd.concat([finest.assign(measure=name) for name in names]),
        found=small.gathered.found[:0],
    )
    steps = release.seal(changed).tables["steps"].set_index("measure")
    assert steps.loc[names, "n"].notna().tolist() == [True, False]
    assert steps.loc[names, "mark"].tolist() == ["c", "c"]


def with_plan(gathered, **changed):
    plan = {"challenge": "c", "measure": "reading_judgement", "baseline_year": 2023, "target": 0.8,
            "target_year": 2025, "group": "", "year_levels": ""}  # fmt: skip
    community = dataclasses.replace(gathered.community, plans=({**plan, **changed},))
    return dataclasses.replace(gathered, community=community)


# The yardstick of 2023 is that of 2024, and not that of 2025.
NOW = {"group": "gender=male", "target_year": 2024}
YEARS = pd.DataFrame(columns=["plan", "group", "year", "n", "n_success", "mark"])


@pytest.mark.parametrize(
    ("n", "of", "said"),
    [
        (24, 67, ({24}, {66, 69})),
        (25, 66, ({24, 27}, {66})),
        (4, 20, ({"c"}, {18, 21})),
        (18, 20, ({"c"}, {18, 21})),
        (5, 9, ({"c"}, {"c"})),
        (7, 14, ({"c"}, {12, 15})),
        ("", "", ({"x"}, {"x"})),
    ],
)
def test_an_earlier_plans_baseline_is_told_as_any_other_count(small, n, of, said):
    rules = protect.rules_for("public", small.gathered.community.settings, b"a key for tests")
    planned = with_plan(small.gathered, baseline_n=n, baseline_of=of)
    now = pd.DataFrame([dict.fromkeys(["n", "n_success", "rate", "low", "high", "mark", "done"])])
    row, again = (since.plans(planned, now, YEARS, rules).iloc[0] for _ in range(2))
    assert row["baseline_n"] in said[0]
    assert row["baseline_of"] in said[1]
    assert list(row[["baseline_n", "baseline_of"]]) == list(again[["baseline_n", "baseline_of"]])


def judged(gathered, *, n, n_success, base=3, mark="", **plan):
    """What is told of a plan whose group was at 40 of 100 three times, beside five groups at 60 of 100."""
    rules = protect.Rules(base=base, smallest_group=10, smallest_survey=5, smallest_count=6)
    planned = with_plan(gathered, **NOW, baseline_n=39, baseline_of=99, **plan)
    now = pd.DataFrame([{"n": n, "n_success": n_success, "rate": None, "low": None, "high": None,
                         "mark": mark, "done": ""}])  # fmt: skip
    own = [(0, "gender=male", year, 99, 39, "") for year in (2021, 2022, 2023)]
    groups = [f"ethnicity={one}" for one in "ABCDE"]
    beside = [(0, group, year, 99, 60, "") for group in groups for year in (2021, 2022, 2023)]
    years = pd.DataFrame(own + beside, columns=list(YEARS))
    return since.plans(planned, now, years, rules).iloc[0]


@pytest.mark.parametrize(
    ("n_success", "met", "shift"),
    [
        (42, "not met", "cannot be told"),
        (75, "not met", "shifted beyond noise"),
        (78, "too near to tell", "shifted beyond noise"),
        (84, "met", "shifted beyond noise"),
        (15, "not met", "moved away beyond noise"),
    ],
)
def test_a_plan_is_judged_by_what_is_told_beside_what_comes_by_itself(small, n_success, met, shift):
    row = judged(small.gathered, n=99.0, n_success=n_success)
    assert (row["met"], row["shift"]) == (met, shift)
    assert row["expected_low"] <= 42 <= row["expected_high"]
    # Exactly counted, 80 of 100 are met and 79 are not.
    exact = [judged(small.gathered, n=100.0, n_success=n, base=1)["met"] for n in (79, 80)]
    assert exact == ["not met", "met"]


@pytest.mark.parametrize(
    "change",
    [
        {"n_success": None, "mark": "few"},
        {"n": None, "n_success": None, "mark": "c"},
        {"baseline_n": 3, "baseline_of": 30},
        {"baseline_n": "", "baseline_of": "", "baseline_year": 2019},
    ],
)
def test_a_plan_is_not_judged_by_what_may_not_be_told(small, change):
    usual = {"n": 99.0, "n_success": 60.0}
    plan = {name: change.pop(name) for name in [*change] if name.startswith("baseline")}
    gathered = with_plan(small.gathered, **NOW, **plan)
    rules = protect.Rules(base=3, smallest_group=10, smallest_survey=5, smallest_count=6)
    told = {"rate": None, "low": None, "high": None, "mark": "", "done": "", **usual, **change}
    row = since.plans(gathered, pd.DataFrame([told]), YEARS, rules).iloc[0]
    assert (row["met"], row["shift"]) == ("", "")
    assert row[["change", "expected_low", "detectable"]].isna().all()


def test_a_baseline_that_is_not_printed_is_the_one_that_is_told_of_its_year(small):
    rules = protect.Rules(base=3, smallest_group=10, smallest_survey=5, smallest_count=6)
    gathered = with_plan(small.gathered, **NOW, baseline_n="", baseline_of="")
    years = pd.DataFrame([(0, "gender=male", 2023, 99, 39, "")], columns=list(YEARS))
    now = dict.fromkeys(["rate", "low", "high", "done"]) | {
        "n": 99.0,
        "n_success": 45.0,
        "mark": "",
    }
    row = since.plans(gathered, pd.DataFrame([now]), years, rules).iloc[0]
    assert (row["baseline_n"], row["baseline_of"]) == (39, 99)
    assert row["change"] == pytest.approx(6 / 99)


def test_a_plan_of_a_group_that_does_not_exist_says_which_there_are(small):
    wrong = with_plan(small.gathered, group="gender=boys")
    with pytest.raises(UsageError, match=r"gender=boys.*\n?.*gender=female, gender=male"):
        release.seal(wrong, before=release.NOTHING)


def test_what_a_target_asks_for_follows_from_what_is_told(public):
    """By a second road: from findings.csv and cells.csv alone."""
    found = public["findings"].set_index("rank")
    cells = public["cells"]
    targets = public["targets"]
    assert len(targets) >= 3
    for row in targets.itertuples():
        hurdle = found.loc[row.rank]
        assert row.target == f"{100 * hurdle['reference_rate']:.0f}"
        same = cells[(cells["measure"] == row.measure) & (cells["group"] == row.group)]
        same = same[(same["year_min"] == row.year) & (same["year_max"] == row.year)]
        assert ((same["n"] == row.of) & (same["n_success"] == row.n)).any()
        assert row.reaches == -(-int(row.target) * row.of // 100)
    compared = targets[targets["compared"] >= 4]
    assert len(compared) >= 1
    for row in compared.itertuples():
        at = cells[(cells["measure"] == row.measure) & (cells["group"] == row.group)]
        at = at[at["provider_id"] != ""]
        # Nearly all of so many are all but none to six.
        share = (at["n_success"].mask(at["mark"] == "most", at["n"] - 3) / at["n"]).dropna()
        assert 0 <= row.typical <= row.upper_quarter
        # No rung lies above the best share that was told of any provider.
        assert row.n + row.best_seen <= share.max() * row.of + 1


def test_what_success_goes_with_is_told_of_many_learners_and_in_steps_outwards(gathered, public):
    exact, told = gathered.conditions, public["conditions"]
    assert list(told) == ["rank", "condition", "low", "high", "verdict"]
    many = exact[(exact["n_with"] >= 100) & (exact["n_without"] >= 100)]
    assert 1 <= len(many) == len(told) < len(exact)
    for row, is_told in zip(many.itertuples(), told.itertuples(), strict=True):
        assert is_told.condition == row.condition
        assert is_told.low <= row.low < is_told.low + 0.05
        assert is_told.high - 0.05 < row.high <= is_told.high
        for end in (is_told.low, is_told.high):
            assert abs(end * 20 - round(end * 20)) < 1e-9


def test_governance_is_told_all_that_success_goes_with(gathered):
    exact = release.seal(gathered, audience="governance", before=release.NOTHING)
    table = exact.tables["conditions"]
    assert len(table) == len(gathered.conditions)
    assert list(table["low"]) == list(gathered.conditions["low"])


def test_a_plan_is_laid_beside_the_same_group_now(public, results, groups):
    pacific = groups.loc[groups["group"] == "ethnicity=Pacific Peoples", "learner_id"]
    rows = results[
        (results["measure"] == "writing_judgement")
        & results["year_level"].isin(["7", "8"])
        & (results["year"] == 2024)
        & results["learner_id"].isin(pacific)
    ]["success"]
    assert written(public["plans"], "n", "n_success") == [told(len(rows), rows.sum())]


def test_claims_point_to_findings_that_are_there(public):
    table = public["knowledge"]
    assert "consent" not in table
    found = public["findings"].set_index("rank")
    for row in table[table["rank"] > 0].itertuples():
        assert found.loc[row.rank, "measure"] == row.measure
        same = list(found.loc[row.rank, ["direction", "group"]]) == [row.direction, row.group]
        assert row.verdict == ("agrees" if same else "disagrees")


def test_of_a_provider_whose_hurdles_are_not_shown_nothing_is_said_to_be_absent(gathered, public):
    rules = protect.rules_for("public", gathered.community.settings, b"")
    verdicts = {
        provider: accompany.knowledge(gathered, public["findings"], rules, provider)["verdict"][4]
        for provider in ("", "P1", "I1")
    }
    assert gathered.claims["provider_id"][4] == "I1"
    assert verdicts == {"": "cannot be seen", "P1": "cannot be seen", "I1": "not shown"}


def test_providers_are_told_with_their_steps_and_without_their_place_on_the_map(
    public, results, sample
):
    table = public["providers"]
    assert not {"latitude", "longitude", "source_file", "source_row"} & set(table)
    assert list(table["provider_id"]) == list(file(sample, "providers")["provider_id"])
    seen = results.groupby("provider_id")["stage"].agg(set)
    for row in table.itertuples():
        expected = [step for step in PATHWAY if step in seen.get(row.provider_id, ())]
        assert row.steps.split() == expected


def test_resources_are_told_as_they_were_listed(public, sample):
    listed = file(sample, "resources")
    table = public["resources"]
    assert list(table) == list(listed)
    assert list(table["resource"]) == list(listed["resource"])
    assert list(table["amount"]) == [float(amount) for amount in listed["amount"]]


def test_candidates_are_drawn_from_the_findings_that_are_shown(public):
    found = public["findings"].set_index("rank")
    assert 3 <= len(public["candidates"]) <= 5
    for row in public["candidates"].itertuples():
        assert found.loc[row.rank, "direction"] == "hurdle"
        named = [int(rank) for rank in f"{row.build_on} {row.conditions}".split()]
        assert set(named) <= set(found.index)


def test_candidates_reach_the_most_learners_of_all_sets_that_there_could_be(
    public, results, sample
):
    """Every set of five hurdles or fewer, from the sample's files in plain pandas."""
    learners = file(sample, "learners").set_index("learner_id")
    learners["ethnicity"] = learners["ethnicity"].map(ethnicities)
    found = public["findings"]
    hurdles = found[(found["direction"] == "hurdle") & (found["provider_id"] == "")]
    assert len(hurdles) >= 6
    ends = results.drop_duplicates(["learner_id", "measure", "year"], keep="last")
    ends = ends[~ends["survey"]]

    def fits(learner, part):
        attribute, _, value = part.partition("=")
        own = learners.loc[learner, attribute]
        return value in own if attribute == "ethnicity" else own == value

    def reach(hurdle):
        rows = ends[(ends["measure"] == hurdle.measure) & (ends["year"] <= hurdle.year_max)]
        steps = hurdle.stages.split()
        if hurdle.kind == "transition":
            before = rows[rows["stage"] == steps[0]].assign(year=lambda t: t["year"] + 1)
            keys = ["learner_id", "year"]
            rows = rows[rows["stage"] == steps[1]].merge(before[keys], on=keys)
        rows = rows[rows["stage"].isin(steps)]
        for part in hurdle.group.split(" & ") if hurdle.group else []:
            rows = rows[[fits(learner, part) for learner in rows["learner_id"]]]
        latest = rows[rows["year"] == rows["year"].max()]
        return set(latest.loc[~latest["success"].astype(bool), "learner_id"])

    reached = {row.rank: reach(row) for row in hurdles.itertuples()}
    ground = {
        row.rank: {(row.measure, step) for step in row.stages.split()}
        for row in hurdles.itertuples()
    }
    rated = []
    for size in range(3, 6):
        for some in combinations(reached, size):
            if all(not ground[one] & ground[other] for one, other in combinations(some, 2)):
                union = set().union(*[reached[rank] for rank in some])
                rated.append((-len(union), sum(len(reached[rank]) for rank in some), some))
    everybody = set().union(*reached.values())
    ordered = sorted(rated)
    assert tuple(public["candidates"]["rank"]) == ordered[0][2]
    table, left = public["together"], ordered
    for row in table.itertuples():
        number, _, some = left[0]
        assert row.ranks == " ".join(map(str, some))
        share = -number / len(everybody)
        words = {0.25: "less than half", 0.5: "about half", 0.75: "about three quarters"}
        assert row.part == words.get(min((0.25, 0.5, 0.75, 1), key=lambda at: abs(at - share)),
                                     "nearly all")  # fmt: skip
        left = [one for one in left if not set(some) <= set(one[2])]
    assert list(table["set"]) == [1, 2, 3]


def test_a_claim_is_quoted_only_where_its_consent_begins_with_yes(public, sample):
    told, given = public["knowledge"]["claim"], file(sample, "local_knowledge")
    agreed = given["consent"].str.startswith("yes")
    assert 0 < agreed.sum() < len(given)
    assert list(told[agreed]) == list(given.loc[agreed, "claim"])
    assert set(told[~agreed]) == {"A claim that is not to be told without asking"}


def test_of_a_claim_without_consent_neither_who_said_it_nor_its_subject_is_told(public, sample):
    kept_back = public["knowledge"][public["knowledge"]["verdict"] == "kept back"]
    given = file(sample, "local_knowledge")
    assert len(kept_back) == (~given["consent"].str.startswith("yes")).sum()
    for name in ("source", "direction", "measure", "year_levels", "group", "date"):
        assert set(kept_back[name]) == {""}
    assert set(kept_back["rank"]) == {0}
