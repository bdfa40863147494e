"""The sample is what its own list of truths says: counted again from the files, in plain pandas."""

from __future__ import annotations

import importlib.util
import itertools
import tomllib
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from colanalysis.terms import catalogue

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample"
GENERATED = [
    "enrolments.csv",
    "learners.csv",
    "observations.csv",
    "providers.csv",
    "survey.csv",
    "truth.toml",
]
BY_HAND = [
    "README.md", "community.toml", "leadership.csv", "local_knowledge.csv", "resource_rules.csv",
    "resources.csv",
]  # fmt: skip
TRUTH = tomllib.loads((SAMPLE / "truth.toml").read_text(encoding="utf-8"))
GAPS = TRUTH["hurdle"] + TRUTH["success"]
STAGES = {(0, 3): "0-3", (4, 6): "4-6", (7, 8): "7-8", (9, 10): "9-10", (11, 13): "11-13"}
FIRST_DIGIT = {"1": "European/Pākehā", "2": "Māori", "3": "Pacific Peoples", "4": "Asian",
               "5": "MELAA", "6": "Other ethnicity"}  # fmt: skip
NAMED = {
    "Māori": "Māori", "Maori": "Māori", "Pacific Peoples": "Pacific Peoples",
    "Samoan": "Pacific Peoples", "Tongan": "Pacific Peoples", "Chinese": "Asian", "Indian": "Asian",
    "Filipino": "Asian", "Middle Eastern": "MELAA", "NZ European": "European/Pākehā",
    "European/Pākehā": "European/Pākehā",
}  # fmt: skip


def read(name: str) -> pd.DataFrame:
    with (SAMPLE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


def plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text)
    kept = "".join(c for c in letters if c.isalnum() or c.isspace())
    return " ".join(kept.casefold().split())


def ethnicities(text: str) -> list[str]:
    return [NAMED.get(part) or FIRST_DIGIT[part[0]] for part in text.split(";") if part]


def is_in(table: pd.DataFrame, group: str) -> pd.Series:
    own = pd.Series(True, index=table.index)
    for part in filter(None, group.split(" & ")):
        attribute, value = part.split("=")
        if attribute == "ethnicity":
            own &= np.array([value in ethnicities(text) for text in table["ethnicity"]], dtype=bool)
        else:
            own &= table[attribute] == value
    return own


def judged(rows: pd.DataFrame) -> pd.DataFrame:
    """Results with their success, by the rules of the catalogue."""
    level = pd.to_numeric(rows["year_level"])
    success = pd.Series(pd.NA, index=rows.index, dtype="boolean")
    for name, part in rows.groupby("measure"):
        measure = catalogue.measures()[name]
        score = part["value"].map(lambda text, m=measure: catalogue.score(m, text)).astype(float)
        assert score.notna().all(), name
        success.loc[part.index] = catalogue.succeeds(measure, score, level.loc[part.index])
    assert success.notna().all()
    return rows.assign(
        success=success.astype(bool), year_level=level, year=rows["year"].astype(int)
    )


def beside_the_others(rows: pd.DataFrame, own: pd.Series) -> tuple[float, int]:
    """Percentage points and learners: each year and year level by itself, weighted by the group."""
    table = rows.assign(own=own).pivot_table(
        index=["year", "year_level"], columns="own", values="success", aggfunc=["mean", "count"]
    )
    if not {True, False} <= set(table["mean"].columns):
        return 0.0, 0
    table = table.dropna()
    gap, n = table["mean"][True] - table["mean"][False], table["count"][True]
    return 100 * float((gap * n).sum() / n.sum()), int(n.sum())


@pytest.fixture(scope="module")
def learners() -> pd.DataFrame:
    return read("learners")


@pytest.fixture(scope="module")
def results(learners: pd.DataFrame) -> pd.DataFrame:
    return judged(read("observations")).merge(learners, on="learner_id", how="left")


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return judged(read("survey"))


@pytest.fixture(scope="module")
def maker() -> object:
    spec = importlib.util.spec_from_file_location("make_sample", ROOT / "data" / "make_sample.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "data")
        spec.loader.exec_module(module)
    return module


def test_made_again_it_is_the_same_to_the_byte(maker: object, tmp_path: Path) -> None:
    maker.write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == GENERATED
    for name in GENERATED:
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes(), name


def test_the_folder_holds_these_files_and_no_others_and_stays_small() -> None:
    assert sorted(path.name for path in SAMPLE.iterdir()) == sorted(GENERATED + BY_HAND)
    assert (SAMPLE / "observations.csv").stat().st_size < 5_000_000
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < 8_000_000


def test_the_community_is_as_large_as_it_says(learners: pd.DataFrame) -> None:
    enrolments = read("enrolments")
    assert 4_500 <= len(learners) <= 5_500
    assert set(enrolments["learner_id"]) == set(learners["learner_id"])
    a_year = enrolments.groupby("year")["learner_id"].nunique()
    assert list(a_year.index) == ["2021", "2022", "2023", "2024", "2025"]
    assert a_year.between(2_700, 3_500).all()
    assert set(enrolments["year_level"]) == {"", *map(str, range(14))}


def test_ids_are_text_with_leading_zeros_each_once(learners: pd.DataFrame) -> None:
    ids = learners["learner_id"]
    assert ids.str.fullmatch(r"0\d{4}").all()
    assert ids.is_unique
    assert set(read("observations")["learner_id"]) <= set(ids)


def test_records_are_as_uneven_as_schools_write_them(learners: pd.DataFrame) -> None:
    assert set(learners["gender"]) == {"female", "male", "another gender", ""}
    assert set(learners["ell"]) == set(learners["transient"]) == {"yes", "no"}
    parts = {part for text in learners["ethnicity"] for part in text.split(";")}
    assert {"Māori", "Maori", "211", "311", "NZ European"} <= parts
    assert set(learners["ethnicity"].str.count(";")) == {0, 1, 2}
    assert learners["preferred_name"].ne("").all()
    assert learners["preferred_name"].str.contains("[āēīōū]").any()


def test_enrolments_are_in_order_of_time_and_place() -> None:
    enrolments = read("enrolments")
    start = pd.to_datetime(enrolments["start_date"], format="%d/%m/%Y")
    end = pd.to_datetime(enrolments["end_date"].replace("", None), format="%d/%m/%Y")
    year = enrolments["year"].astype(int)
    assert (start.dt.year <= year).all()
    assert (end.dropna().dt.year == year[end.notna()]).all()
    assert not (end < start).any()
    assert not enrolments.duplicated(["learner_id", "provider_id", "year"]).any()
    early = enrolments["provider_id"].str.startswith("E")
    assert (enrolments["year_level"].eq("") == early).all()


def test_moving_learners_move_and_leavers_leave(learners: pd.DataFrame) -> None:
    enrolments = read("enrolments").merge(learners, on="learner_id")
    schools = enrolments[enrolments["year_level"] != ""]
    twice = schools.groupby(["learner_id", "year"])["provider_id"].nunique()
    moved = twice[twice > 1].index.get_level_values("learner_id")
    assert set(learners.set_index("learner_id").loc[moved, "transient"]) == {"yes"}
    last = enrolments[(enrolments["year_level"] == "13")]
    assert last["end_date"].ne("").all()


def test_every_result_belongs_to_an_enrolment_and_to_its_measure() -> None:
    observations, enrolments = read("observations"), read("enrolments")
    keys = ["learner_id", "provider_id", "year", "year_level"]
    joined = observations.merge(enrolments[keys].drop_duplicates(), on=keys, how="inner")
    assert len(joined) == len(observations)
    assert not observations.duplicated(["learner_id", "measure", "year"]).any()
    for name, rows in pd.concat([observations, read("survey")]).groupby("measure"):
        first, last = catalogue.measures()[name].year_levels or (0, 13)
        assert rows["year_level"].astype(int).between(first, last).all(), name


def test_attendance_of_exactly_nine_tenths_occurs_and_is_not_regular(results: pd.DataFrame) -> None:
    at_the_bound = results[(results["measure"] == "attendance") & (results["value"] == "0.900")]
    assert len(at_the_bound) > 50
    assert not at_the_bound["success"].any()


def test_those_who_were_in_an_early_learning_service_are_recorded_so() -> None:
    observations, enrolments = read("observations"), read("enrolments")
    entered = observations[observations["measure"] == "ece_participation"]
    children = enrolments.loc[enrolments["year_level"] == "", "learner_id"]
    assert set(entered.loc[entered["learner_id"].isin(children), "value"]) == {"yes"}


def test_leavers_hold_what_their_results_say() -> None:
    rows = read("observations")
    rows = rows[rows["measure"].str.contains("ncea|university|qualification")]
    held = rows.pivot(index="learner_id", columns="measure", values="value")
    gained = held[(held["ncea_level_2"] == "yes") & held["leaver_qualification"].notna()]
    assert len(gained) > 200
    assert not gained["leaver_qualification"].isin(["no qualification", "NCEA Level 1"]).any()
    entrance = held[held["university_entrance"] == "yes"]
    assert set(entrance["ncea_level_3"]) == {"yes"}


@pytest.mark.parametrize("planted", GAPS, ids=[planted["id"] for planted in GAPS])
def test_what_was_planted_is_there(planted: dict, results: pd.DataFrame) -> None:
    levels = planted["year_level_min"], planted["year_level_max"]
    rows = results[results["measure"] == planted["measure"]]
    rows = rows[rows["year_level"].between(*levels)]
    own = is_in(rows, planted["group"])
    if planted["provider_id"]:
        own &= rows["provider_id"] == planted["provider_id"]
    points, n = beside_the_others(rows, own)
    assert abs(points - planted["points"]) < 4
    assert np.sign(planted["points"]) == (1 if planted in TRUTH["success"] else -1)
    said = TRUTH["realised"][planted["id"]]
    assert said["points"] == pytest.approx(points, abs=0.001)
    assert said["n_learners"] == n
    years = rows["year"]
    assert (planted["year_min"], planted["year_max"]) == (years.min(), years.max())


@pytest.mark.parametrize("planted", GAPS, ids=[planted["id"] for planted in GAPS])
def test_it_is_there_at_each_step_and_by_each_yardstick(
    planted: dict, results: pd.DataFrame
) -> None:
    measure = catalogue.measures()[planted["measure"]]
    rows = results[results["measure"] == planted["measure"]]
    period = rows["year"].map(lambda year: catalogue.period(measure, year))
    for levels in STAGES:
        inside = planted["year_level_min"] <= levels[0] and levels[1] <= planted["year_level_max"]
        for _, part in rows[rows["year_level"].between(*levels)].groupby(period):
            own = is_in(part, planted["group"])
            if planted["provider_id"]:
                own &= part["provider_id"] == planted["provider_id"]
            if inside:
                assert abs(beside_the_others(part, own)[0] - planted["points"]) < 4


def test_a_combination_is_planted_without_its_parts(results: pd.DataFrame) -> None:
    rows = results[(results["measure"] == "attendance") & results["year_level"].between(9, 10)]
    both = is_in(rows, "ethnicity=Māori & gender=female")
    for part in ("ethnicity=Māori", "gender=female"):
        rest = rows[~both]
        assert abs(beside_the_others(rest, is_in(rest, part))[0]) < 5


def pairs_of(results: pd.DataFrame, name: str) -> pd.DataFrame:
    """The same learner one year and the next, by one yardstick, and whether a step was taken."""
    measure = catalogue.measures()[name]
    rows = results[results["measure"] == name]
    rows = rows[["learner_id", "provider_id", "year", "year_level", "success"]]
    pairs = rows.merge(rows.assign(year=rows["year"] - 1), on=["learner_id", "year"])
    before, after = (
        np.array([catalogue.period(measure, year + later) for year in pairs["year"]])
        for later in (0, 1)
    )
    pairs = pairs[before == after]
    stage = {level: name for (a, b), name in STAGES.items() for level in range(a, b + 1)}
    return pairs.assign(
        moved=pairs["success_y"].astype(int) - pairs["success_x"].astype(int),
        within=pairs["year_level_x"].map(stage) == pairs["year_level_y"].map(stage),
    )


def test_the_step_into_secondary_is_there(results: pd.DataFrame) -> None:
    (planted,) = TRUTH["transition"]
    pairs = pairs_of(results, planted["measure"])
    at = (pairs["year_level_x"] == 8) & (pairs["year_level_y"] == 9)
    at &= pairs["provider_id_y"].isin(["S1", "S2"])
    points = 100 * (pairs.loc[at, "moved"].mean() - pairs.loc[pairs["within"], "moved"].mean())
    assert abs(points - planted["points"]) < 4
    assert TRUTH["realised"][planted["id"]]["points"] == pytest.approx(points, abs=0.001)
    assert TRUTH["realised"][planted["id"]]["n_learners"] == int(at.sum())


def test_no_other_step_is_hard_for_everybody(results: pd.DataFrame) -> None:
    looked_at = 0
    for name in sorted(set(results["measure"])):
        # Where a group's planted run begins or ends, its own learners change: they are set aside.
        groups = [p["group"] for p in GAPS if p["measure"] == name and not p["provider_id"]]
        rest = results[results["measure"] == name]
        for group in groups:
            rest = rest[~is_in(rest, group)]
        pairs = pairs_of(rest, name)
        ordinary = pairs.loc[pairs["within"], "moved"].mean()
        for level, step in pairs[~pairs["within"]].groupby("year_level_x"):
            if (name, int(level)) != ("easttle_reading", 8):
                assert abs(100 * (step["moved"].mean() - ordinary)) < 6, (name, level)
                looked_at += 1
    assert looked_at > 15


def touched() -> set[tuple[str, str]]:
    """Measures and steps at which something was planted, or follows from what was."""
    pairs = {("leaver_qualification", step) for step in STAGES.values()}
    for planted in GAPS:
        for (first, last), step in STAGES.items():
            if planted["year_level_min"] <= last and first <= planted["year_level_max"]:
                pairs.add((planted["measure"], step))
    return pairs


def test_nothing_else_sets_groups_apart(results: pd.DataFrame, answers: pd.DataFrame) -> None:
    known = touched()
    groups = ["ethnicity=Māori", "ethnicity=Pacific Peoples", "ethnicity=Asian",
              "ethnicity=European/Pākehā", "gender=female", "gender=male", "ell=yes",
              "transient=yes"]  # fmt: skip
    surprises, margins = [], []
    for table, ((first, last), step) in itertools.product((results, answers), STAGES.items()):
        rows = table[table["year_level"].between(first, last)]
        for group in groups:
            if group.split("=")[0] not in table:
                continue
            own = is_in(rows, group)
            for name in sorted(set(rows["measure"])):
                at = rows["measure"] == name
                if (name, step) in known:
                    continue
                points, n = beside_the_others(rows[at], own[at])
                rate = rows.loc[at, "success"].mean()
                # Results of one learner go together, so that fewer of them count in full.
                error = 100 * np.sqrt(rate * (1 - rate) * 2 / max(n, 1))
                margins.append(points / error)
                if n >= 30 and abs(points) > max(3.3 * error, 3):
                    surprises.append((name, step, group, round(points, 1), n))
    assert surprises == []
    assert len(margins) > 250
    assert np.std(margins) < 1.2


@pytest.mark.usefixtures("maker")
def test_yardsticks_change_in_the_years_of_the_catalogue() -> None:
    for name, made in importlib.import_module("sample_maker.measures").BY_ID.items():
        changes = [change.date.year for change in catalogue.measures()[name].breaks]
        changes = [year for year in changes if 2021 < year <= 2025]
        assert changes == [made.new_yardstick][: made.new_yardstick > 0], name


@pytest.mark.parametrize("nothing", [entry["measure"] for entry in TRUTH["nothing"]])
def test_measures_with_nothing_in_them_have_results(
    nothing: str, results: pd.DataFrame, answers: pd.DataFrame
) -> None:
    assert nothing not in {planted["measure"] for planted in GAPS + TRUTH["transition"]}
    assert (results["measure"] == nothing).sum() + (answers["measure"] == nothing).sum() > 150


def test_a_learners_own_results_go_together(results: pd.DataFrame) -> None:
    success = results[results["measure"] == "reading_judgement"]
    by_year = success.pivot(index="learner_id", columns="year", values="success").astype(float)
    alike = np.mean([by_year[y].corr(by_year[y + 1]) for y in (2021, 2022, 2023)])
    assert 0.25 < alike < 0.45  # 0.5 between what lies behind the two levels


def test_the_new_yardstick_of_mathematics_is_harder_for_everybody(results: pd.DataFrame) -> None:
    rows = results[results["measure"] == "maths_judgement"]
    for group in ("", "gender=female", "gender=male", "ethnicity=Māori", "ethnicity=Asian"):
        own = rows[is_in(rows, group)]
        share = own.groupby(own["year"] >= 2025)["success"].mean()
        assert -21 < 100 * (share[True] - share[False]) < -9, group


def test_missing_results_are_where_the_readme_says(learners: pd.DataFrame) -> None:
    enrolments = read("enrolments").drop_duplicates(["learner_id", "year"], keep="last")
    due = enrolments[enrolments["year_level"].isin(map(str, range(1, 9)))]
    observations = read("observations")
    writing = observations.loc[observations["measure"] == "writing_judgement"]
    due = due.merge(writing[["learner_id", "year", "value"]], how="left", on=["learner_id", "year"])
    share = due.assign(seen=due["value"].notna()).groupby(["provider_id", "year"])["seen"].mean()
    assert 0.5 < share[("P1", "2022")] < 0.68
    assert share.drop(("P1", "2022")).between(0.8, 1).all()
    due = due.merge(learners, on="learner_id").assign(seen=due["value"].notna())
    moving = due.groupby("transient")["seen"].mean()
    assert moving["yes"] < moving["no"] - 0.05


def test_some_hurdle_lies_in_small_groups_and_some_success_in_a_small_school() -> None:
    shares = [TRUTH["realised"][planted["id"]]["share_in_cells_under_10"] for planted in GAPS]
    assert max(share for share, p in zip(shares, GAPS, strict=True) if p["points"] < 0) > 0.5
    rolls = read("providers").set_index("provider_id")["roll"].replace("", "0").astype(int)
    at_one = [planted["provider_id"] for planted in TRUTH["success"] if planted["provider_id"]]
    assert min(rolls[at_one]) < 200


def test_providers_have_what_the_report_draws() -> None:
    providers = read("providers")
    assert list(providers["type"].value_counts()[["ece", "primary"]]) == [3, 6]
    schools = providers[providers["eqi"] != ""]
    assert schools["eqi"].astype(int).between(344, 569).all()
    assert set(providers["member"]) == {"yes", "no"}
    assert providers["latitude"].astype(float).between(-47, -34).all()
    latest = read("enrolments").query("year == '2025'").drop_duplicates("learner_id", keep="last")
    rolls = latest["provider_id"].value_counts().astype(str)
    assert (
        rolls.to_dict()
        == providers[providers["roll"] != ""].set_index("provider_id")["roll"].to_dict()
    )


def test_the_earlier_plan_begins_from_what_was_counted(results: pd.DataFrame) -> None:
    settings = tomllib.loads((SAMPLE / "community.toml").read_text(encoding="utf-8"))
    (plan,) = settings["plan"]
    rows = results[results["measure"] == plan["measure"]]
    rows = rows[is_in(rows, plan["group"]) & rows["year_level"].between(7, 8)]
    then = rows.loc[rows["year"] == plan["baseline_year"], "success"]
    assert (plan["baseline_n"], plan["baseline_of"]) == (then.sum(), len(then))
    assert settings["community"]["made_up"] is True


def test_claims_name_measures_providers_and_roles_that_exist() -> None:
    claims, providers = read("local_knowledge"), set(read("providers")["provider_id"])
    assert set(claims["direction"]) == {"success", "hurdle"}
    assert claims["direction"].iloc[0] == "success"  # strengths first
    assert set(claims["measure"]) - {""} <= set(catalogue.measures())
    assert (claims["measure"] == "").sum() == 1  # what no number can see
    assert set(claims["provider_id"]) - {""} <= providers
    assert claims[["claim", "source", "date", "consent"]].ne("").all(axis=None)
    resources = read("resources")
    assert resources["amount"].astype(float).gt(0).all()
    assert set(resources["generated_by"]) - {""} <= providers


@pytest.mark.real
def test_no_provider_is_named_like_a_real_one(real: Path) -> None:
    taken: set[str] = set()
    for name in ("nz_school_directory/schools_2017.csv", "nz_ece_directory/ece_services_2020.csv"):
        with (real / name).open(encoding="utf-8", newline="") as file:
            taken |= set(pd.read_csv(file, dtype=str, keep_default_na=False)["Name"].map(plain))
    assert len(taken) > 5_000
    assert not taken & set(read("providers")["name"].map(plain))
