"""The catalogue: values become scores, scores become successes, names of groups become groups."""

from __future__ import annotations

import datetime
import unicodedata

import pandas as pd
import pytest

from colanalysis.errors import SettingsError
from colanalysis.terms import catalogue, ethnicity, labels

MEASURES = catalogue.measures()


def succeeds(name: str, *rows: tuple[float | None, float | None]) -> list[bool | None]:
    scores, levels = zip(*rows, strict=True)
    found = catalogue.succeeds(
        MEASURES[name], pd.Series(scores, dtype=float), pd.Series(levels, dtype=float)
    )
    assert found.dtype == "boolean"
    return [None if value is pd.NA else bool(value) for value in found]


@pytest.mark.parametrize("name", MEASURES)
def test_every_shipped_measure_has_a_source_and_one_rule_or_says_what_is_unset(name: str) -> None:
    measure = MEASURES[name]
    rules = [measure.success_from, measure.at_least, measure.more_than, measure.cut or None]
    assert sum(rule is not None for rule in rules) == (0 if measure.unset else 1)
    assert measure.source
    assert measure.judged_by
    assert measure.success_label
    assert measure.label


@pytest.mark.parametrize("name", [name for name, one in MEASURES.items() if one.unset])
def test_unset_measures_say_what_to_fill_in_where(name: str) -> None:
    with pytest.raises(SettingsError, match=rf'community\.toml.*"{name}".*\[measure\.cut\]'):
        succeeds(name, (1400, 6))


def test_measures_that_are_not_public_are_unset() -> None:
    unset = {name for name, measure in MEASURES.items() if measure.unset}
    assert unset == {
        "easttle_writing",
        "easttle_maths",
        "pat_reading_scale",
        "pat_maths_scale",
        "pact_reading",
        "pact_writing",
        "pact_maths",
    }


def test_regular_attendance_is_strictly_more_than_nine_tenths() -> None:
    rows = [(0.9, 5), (0.9001, 5), (1.0, 5), (0.1 * 9, 5), (None, 5), (0.9 + 1e-16, 5)]
    assert succeeds("attendance", *rows) == [False, True, True, False, None, False]


def test_attendance_bands_hold_their_upper_bound() -> None:
    scores = pd.Series([0, 0.7, 0.71, 0.8, 0.81, 0.9, 0.901, 1, None])
    found = catalogue.levels(MEASURES["attendance"], scores)
    assert found.tolist() == [
        "chronic absence",
        "chronic absence",
        "moderate absence",
        "moderate absence",
        "irregular attendance",
        "irregular attendance",
        "regular attendance",
        "regular attendance",
        None,
    ]


@pytest.mark.parametrize(
    ("ars", "level"),
    [(1242, "<2B"), (1243, "2B"), (1445, "3A"), (1446, "4B"), (1641, "5A"), (1642, "6B or above")],
)
def test_easttle_reading_levels_follow_the_published_cut_scores(ars: int, level: str) -> None:
    assert catalogue.levels(MEASURES["easttle_reading"], pd.Series([ars])).tolist() == [level]


@pytest.mark.parametrize(
    ("year_level", "cut"),
    # Early level k is kB, level k is kP; lower bounds of the published table.
    [(4, 1294), (5, 1376), (6, 1398), (7, 1446), (8, 1470), (9, 1556), (10, 1587)],
)
def test_easttle_reading_expectation_by_year_level(year_level: int, cut: int) -> None:
    rows = [(cut - 1, year_level), (cut, year_level)]
    assert succeeds("easttle_reading", *rows) == [False, True]


def test_no_cut_for_a_year_level_is_neither_success_nor_failure() -> None:
    assert succeeds("easttle_reading", (1600, 3), (1600, None), (None, 4)) == [None] * 3


def test_gloss_cuts_are_positions_on_the_scale() -> None:
    score = {text: catalogue.score(MEASURES["gloss_stage"], text) for text in ("4", "e5", "5")}
    assert score == {"4": 4, "e5": 5, "5": 6}
    rows = [(score["e5"], 3), (score["e5"], 4), (score["5"], 4), (score["4"], 2), (score["5"], 9)]
    assert succeeds("gloss_stage", *rows) == [True, False, True, True, None]


def test_levels_and_yes_no_rules() -> None:
    assert succeeds("writing_judgement", (1, 4), (2, 4), (3, 4), (None, 4)) == [
        False,
        True,
        True,
        None,
    ]
    # Consolidating is 2 and Proficient 3: only the latter meets the expectation.
    assert succeeds("maths_progress_step", (2, 7), (3, 7)) == [False, True]
    assert succeeds("stand_down", (0, 9), (1, 9), (None, 9)) == [True, False, None]
    assert succeeds("ncea_level_2", (0, 12), (1, 12)) == [False, True]
    assert succeeds("pat_reading_stanine", (3, 5), (4, 5)) == [False, True]
    # Agreeing that there is aggression is not a success: the scale runs from worst to best.
    worst = catalogue.score(MEASURES["wellbeing_primary_aggressive_culture"], "strongly agree")
    assert succeeds("wellbeing_primary_aggressive_culture", (worst, 6)) == [False]


def test_success_keeps_the_index_and_takes_no_rows() -> None:
    scores = pd.Series([0.95, 0.5], index=[7, 7])
    found = catalogue.succeeds(MEASURES["attendance"], scores, pd.Series([1, 2], index=[7, 7]))
    assert found.index.tolist() == [7, 7]
    assert found.tolist() == [True, False]
    nothing = pd.Series(dtype=float)
    assert catalogue.succeeds(MEASURES["easttle_reading"], nothing, nothing).empty


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("writing_judgement", "Well  Below ", 0),
        ("writing_judgement", "ABOVE", 3),
        ("writing_judgement", "beyond", None),
        ("writing_judgement", "", None),
        ("stand_down", "Yes", 1),
        ("stand_down", "kāo", 0),
        ("stand_down", "maybe", None),
        ("attendance", "0.925", 0.925),
        ("attendance", "92.5 %", 0.925),
        ("attendance", "92.5", None),
        ("attendance", "-0.1", None),
        ("attendance", "nan", None),
        ("attendance", "inf", None),
        ("easttle_reading", "1446", 1446),
        ("easttle_reading", "1,446", None),
        ("easttle_reading", "1_446", None),
        ("easttle_reading", "١٤٤٦", None),
        ("easttle_reading", "50%", None),
        ("easttle_reading", "-", None),
        ("pat_maths_stanine", "10", None),
    ],
)
def test_score_of_a_value_as_written(name: str, text: str, expected: float | None) -> None:
    assert catalogue.score(MEASURES[name], text) == expected


def test_a_number_without_bounds_is_still_finite() -> None:
    mine = catalogue.measure_from(NUMBER | {"at_least": 1}, base=None, where="test")
    assert catalogue.score(mine, "-1e3") == -1000
    assert catalogue.score(mine, "1e999") is None


def test_periods_change_where_the_yardstick_changed() -> None:
    judgement = MEASURES["reading_judgement"]
    assert [catalogue.period(judgement, year) for year in (2017, 2018, 2024, 2025)] == [0, 1, 1, 2]
    stanine = MEASURES["pat_reading_stanine"]
    assert [catalogue.period(stanine, year) for year in (2024, 2025)] == [0, 1]
    assert catalogue.period(MEASURES["thinking"], 2025) == 0


def test_a_new_rule_replaces_the_old_one_and_keeps_the_rest() -> None:
    base = MEASURES["easttle_writing"]
    mine = catalogue.measure_from(
        {"id": base.id, "cut": {"4": 1400.5, "6": 1500}}, base=base, where="test"
    )
    assert mine.cut == {4: 1400.5, 6: 1500.0}
    assert mine.unset == ""
    assert (mine.label, mine.breaks, mine.source) == (base.label, base.breaks, base.source)
    softer = catalogue.measure_from(
        {"id": "attendance", "at_least": 0.9}, base=MEASURES["attendance"], where="test"
    )
    assert (softer.at_least, softer.more_than) == (0.9, None)
    assert catalogue.levels(softer, pd.Series([0.9])).tolist() == ["regular attendance"]


def test_a_new_scale_drops_what_belonged_to_the_old_one() -> None:
    entry = {"id": "attendance", "scale": ["rarely", "mostly"], "success_from": "mostly"}
    mine = catalogue.measure_from(entry, base=MEASURES["attendance"], where="test")
    assert (mine.more_than, mine.minimum, mine.levels_from) == (None, None, ())


def test_a_measure_of_ones_own() -> None:
    entry = {
        "id": "kapa_haka",
        "domain": "engagement",
        "scale": "yes/no",
        "success_from": "yes",
        "breaks": [
            {"date": datetime.date(2024, 1, 1), "why": "later"},
            {"date": datetime.date(2020, 1, 1), "why": "earlier"},
        ],
    }
    mine = catalogue.measure_from(entry, base=None, where="test")
    assert mine.label == "Kapa haka"
    assert [one.why for one in mine.breaks] == ["earlier", "later"]


LEVELS = {"id": "mine", "domain": "progress", "scale": ["low", "high"]}
NUMBER = {"id": "mine", "domain": "progress", "scale": "number"}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (LEVELS, "found no rule of success"),
        (LEVELS | {"success_from": "top"}, "one of: low, high"),
        (LEVELS | {"at_least": 1}, "success_from, or cut"),
        (LEVELS | {"cut": {"4": "top"}}, "cut 4.*one of: low, high"),
        (LEVELS | {"cut": {"4": 1}}, "cut 4.*one of: low, high"),
        (LEVELS | {"success_from": "high", "minimum": 0}, 'scale = "number"'),
        (LEVELS | {"success_from": "high", "domain": "maths"}, "one of: achievement"),
        (LEVELS | {"sucess_from": "high"}, 'Did you mean "success_from"'),
        (LEVELS | {"scale": ["high", "High "]}, "the same level twice"),
        (LEVELS | {"scale": "levels"}, "two or more levels"),
        (NUMBER | {"at_least": 1, "more_than": 1}, "at_least and more_than"),
        (NUMBER | {"at_least": "60"}, "a number"),
        (NUMBER | {"at_least": True}, "a number"),
        (NUMBER | {"success_from": "4B"}, "at_least, more_than or cut"),
        (NUMBER | {"cut": {"four": 1}}, "such as 4 = 1446"),
        (NUMBER | {"cut": {"4": "4B"}}, "cut 4"),
        (NUMBER | {"at_least": 1, "minimum": 5, "maximum": 5}, "less than maximum = 5"),
        (NUMBER | {"at_least": 1, "levels_from": [[5, "b"], [1, "a"]]}, "out of order"),
        (NUMBER | {"at_least": 1, "year_levels": [8, 1]}, r"such as \[1, 8\]"),
        (NUMBER | {"at_least": 1, "breaks": [{"date": "2018"}]}, "date = 2018-01-01"),
        (NUMBER | {"at_least": 1, "expectation": 80}, "between 0 and 1"),
        (NUMBER | {"at_least": 1, "id": "Pūtaiao"}, "small letters"),
        ({"id": "mine", "domain": "progress"}, '"scale" is missing'),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(entry: dict, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        catalogue.measure_from(entry, base=None, where="community.toml [[measure]]")
    assert str(caught.value).startswith("community.toml [[measure]]")


def test_the_catalogue_cannot_be_changed_by_its_users() -> None:
    catalogue.measures().clear()
    assert catalogue.measures() == MEASURES


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("Māori", "Māori"),
        ("Maori", "Māori"),
        ("MĀORI", "Māori"),
        (" maori ", "Māori"),
        (unicodedata.normalize("NFD", "Māori"), "Māori"),
        ("211", "Māori"),
        ("2", "Māori"),
        ("Samoan", "Pacific Peoples"),
        ("321", "Pacific Peoples"),
        ("Cook Island Maori", "Pacific Peoples"),
        ("Pasifika", "Pacific Peoples"),
        ("Pacific", "Pacific Peoples"),
        ("NZ European", "European/Pākehā"),
        ("European/ Pakeha", "European/Pākehā"),
        ("Pākehā", "European/Pākehā"),
        ("121", "European/Pākehā"),
        ("Fijian Indian", "Asian"),
        ("444", "Asian"),
        ("melaa", "MELAA"),
        ("531", "MELAA"),
        ("611", "Other ethnicity"),
        ("999", None),
        ("Not stated", None),
        ("", None),
        ("Martian", None),
    ],
)
def test_ethnic_group_of_a_name_or_code(text: str, group: str | None) -> None:
    assert ethnicity.group(text) == group


def test_three_digit_codes_belong_to_the_group_of_their_first_digit() -> None:
    order = ("European/Pākehā", "Māori", "Pacific Peoples", "Asian", "MELAA", "Other ethnicity")
    groups = ethnicity.groups()
    assert len(groups) == 33
    assert groups["code"].is_unique
    for row in groups.itertuples():
        assert row.level_1 == ("" if row.code == "999" else order[int(row.code[0]) - 1])
    assert set(ethnicity.GROUPS) == set(order)


def test_no_spelling_belongs_to_two_groups() -> None:
    rows = ethnicity._rows()
    spelt = rows.assign(
        spelling=(rows["code"] + ";" + rows["name"] + ";" + rows["aliases"]).str.split(";")
    ).explode("spelling")
    spelt = spelt[spelt["spelling"] != ""]
    spelt["spelling"] = spelt["spelling"].map(labels.plain)
    assert (spelt.groupby("spelling")["level_1"].nunique() == 1).all()


def test_labels_in_two_languages() -> None:
    assert labels.label("domain.attendance", "mi") == "Te tae ki te kura"
    assert labels.label("value.Female", "mi") == "Wahine"
    # Without a word in te reo Māori the English stands in its place.
    assert labels.label("stage.leavers", "mi") == labels.label("stage.leavers") == "School leavers"
    assert labels.label("attribute.grade_9") == "Grade 9"
    assert labels.label("attribute.home_language", "mi") == "Home language"


def test_every_label_key_is_there_once_with_english_words() -> None:
    words = labels._words()
    lines = (labels.files("colanalysis") / "reference" / "labels.csv").read_text(encoding="utf-8")
    assert len(words) == len(lines.splitlines()) - 1
    assert all(row["en"] for row in words.values())
    assert all(None not in row for row in words.values())


@pytest.mark.parametrize(
    "text", ["Ngā  Ākonga", "nga akonga", unicodedata.normalize("NFD", "ngā ākonga")]
)
def test_plain_folds_macrons_capitals_and_blanks(text: str) -> None:
    assert labels.plain(text) == "nga akonga"
