from types import SimpleNamespace

import pytest

from colanalysis import describe

ABOUT = {
    "measures": {
        "writing": {"label": "Writing", "success": "at or above the expectation"},
        "ncea_level_2": {"label": "NCEA Level 2 by the end of Year 12", "success": "holding it"},
    },
    "providers": {"P3": "Rimu Terrace School"},
}
# Words of deficit, cause and rank that docs/how-to-write-about-learners.md keeps out.
UNWANTED = ("underachiev", "weak", "fail", "at risk", "worst", "because", "due to", "tail", "lag")


def finding(**changes):
    usual = {
        "kind": "gap", "direction": "hurdle", "measure": "writing", "stages": "years_7_8",
        "year_level_min": 7.0, "year_level_max": 8.0, "year_min": 2021, "year_max": 2024,
        "provider_id": "", "group": "ethnicity=Pacific Peoples", "n_learners": 300,
        "n_success": 141, "rate": 0.47, "reference_rate": 0.65, "mark": "", "gap": -0.12,
        "gap_low": -0.18, "gap_high": -0.07, "learners_to_shift": 12, "evidence": "strong",
        "years_seen": 4, "years_with_data": 4, "n_latest": 84, "doubts": "",
    }  # fmt: skip
    return SimpleNamespace(**{**usual, **changes})


def test_a_hurdle_says_how_the_system_serves_learners():
    assert describe.sentence(finding(), ABOUT) == (
        "Writing does not serve Pacific learners in Years 7–8 well yet: 47% are at or above the "
        "expectation, beside 65% of the other learners of the same step (2021–2024). To close the "
        "gap, about 12 more learners a year would have to succeed."
    )


def test_a_success_is_told_in_the_same_form_without_learners_to_shift():
    said = describe.sentence(finding(direction="success", rate=0.77, learners_to_shift=0), ABOUT)
    assert said == (
        "Writing goes well for Pacific learners in Years 7–8: 77% are at or above the expectation, "
        "beside 65% of the other learners of the same step (2021–2024)."
    )


def test_a_provider_is_named_as_the_place():
    said = describe.sentence(finding(group="", provider_id="P3"), ABOUT)
    assert said.startswith(
        "Writing does not serve learners in Years 7–8 at Rimu Terrace School well"
    )


def test_a_step_that_the_measure_names_already_is_not_said_twice():
    said = describe.sentence(
        finding(measure="ncea_level_2", year_level_min=12.0, year_level_max=12.0), ABOUT
    )
    assert said.count("Year 12") == 1
    assert "Year 12" not in describe.title(finding(), ABOUT)


def test_a_transition_speaks_of_the_same_learners():
    said = describe.sentence(
        finding(kind="transition", group="", stages="years_7_8 years_9_10", reference_rate=0.66),
        ABOUT,
    )
    assert "fewer of the same learners succeed after the step from Years 7–8 to Years 9–10" in said
    assert "ordinarily be 66%" in said


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_learners": 36, "n_success": 18}, "about 18 of 36"),
        ({"n_learners": 60}, "47%"),
        ({"mark": "few", "rate": float("nan")}, "fewer than 6"),
        ({"mark": "most", "rate": float("nan")}, "nearly all"),
        ({"mark": "c", "rate": None}, "a number that is not shown"),
    ],
)
def test_a_share_is_said_in_learners_where_they_are_few_and_in_words_where_it_is_hidden(
    changes, words
):
    assert describe.share(finding(**changes)) == words


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("", "learners"),
        ("ethnicity=Māori & gender=female", "female Māori learners"),
        ("transient=yes", "learners who change school often"),
        ("gender=male & transient=yes", "male learners who change school often"),
        ("boarder=yes", "learners (Boarder: yes)"),
        ("poverty=Below 185%", "learners (Poverty: Below 185%)"),
    ],
)
def test_groups_are_named_in_words(group, words):
    assert describe.learners(group) == words


def test_how_sure_gives_range_and_years():
    assert describe.how_sure(finding()) == (
        "Strong evidence: between −18 and −7 points, shows in 4 of 4 years"
    )


def test_how_sure_says_what_speaks_against_it():
    said = describe.how_sure(finding(doubts="one_behind: no; room: no; yardstick: cannot tell"))
    assert said.endswith(
        "shows in 4 of 4 years. Against it: one school or cohort is behind it; near the end of the "
        "scale; cannot be seen on the other yardstick"
    )


@pytest.mark.parametrize("kind", ["gap", "level", "transition"])
@pytest.mark.parametrize("direction", ["success", "hurdle"])
def test_no_sentence_uses_words_of_deficit_cause_or_rank(kind, direction):
    stages = "years_7_8 years_9_10" if kind == "transition" else "years_7_8"
    said = describe.sentence(finding(kind=kind, direction=direction, stages=stages), ABOUT)
    assert not [word for word in UNWANTED if word in said.lower()]


@pytest.mark.parametrize(
    ("mark", "words"), [("", "47%"), ("few", "fewer than 6"), ("most", "nearly all"), ("c", "c")]
)
def test_a_cell_of_a_table_holds_percent_words_or_a_mark(mark, words):
    row = finding(mark=mark, low=0.4, high=0.5)
    assert describe.cell(row) == words
    assert describe.limits(row) == ("x" if mark else "40% to 50%")
