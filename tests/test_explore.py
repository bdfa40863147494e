import pandas as pd

from colanalysis import explore


def test_a_view_counts_as_plain_pandas_does(gathered, sample):
    table = explore.view(
        gathered.counted,
        measure_id="ncea_level_2",
        stage="years_11_13",
        attribute="transient",
        year=2024,
    ).set_index("group")
    results = pd.read_csv(sample / "observations.csv", dtype=str, keep_default_na=False)
    learners = pd.read_csv(sample / "learners.csv", dtype=str, keep_default_na=False)
    own = results[(results["measure"] == "ncea_level_2") & (results["year"] == "2024")]
    own = own.drop_duplicates("learner_id", keep="last").merge(learners, on="learner_id")
    for value in ("yes", "no"):
        group = own[own["transient"] == value]
        assert table.loc[f"transient={value}", "n"] == len(group)
        assert table.loc[f"transient={value}", "n_success"] == (group["value"] == "yes").sum()


def test_a_view_of_nothing_is_an_empty_table_with_all_columns(gathered):
    table = explore.view(
        gathered.counted, measure_id="ncea_level_2", stage="years_0_3", attribute=""
    )
    assert table.empty
    assert list(table) == ["group", "year", "n", "n_success", "rate", "low", "high"]


def test_table_and_chart_follow_the_choices_together(gathered):
    box = explore.pathway(gathered.counted, community=gathered.community)
    choices, chart, numbers = box.children
    by_name = {choice.description: choice for choice in choices.children}
    before = bytes(chart.value)
    by_name["Measure"].value = "attendance"
    by_name["Group"].value = "ethnicity"
    assert list(by_name) == ["Measure", "Step", "Group", "Year"]
    assert bytes(chart.value).startswith(b"\x89PNG")
    assert bytes(chart.value) != before
    assert "Ethnicity: Māori" in numbers.value


def test_a_picture_has_a_line_for_every_group(gathered):
    table = explore.view(gathered.counted, measure_id="attendance", stage="all", attribute="gender")
    figure = explore.picture(table, title="Attendance")
    named = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert set(named) == {"Gender: female", "Gender: male", "Gender: another gender"}


def test_small_groups_are_steadied_towards_what_their_groups_predict(gathered):
    told = explore.small_groups(
        gathered.panels,
        community=gathered.community,
        measure_id="reading_judgement",
        stage="years_4_6",
    )
    rows = gathered.counted
    latest = gathered.panels[max(k for k in gathered.panels if k[0] == "reading_judgement")]
    own = rows[(rows["measure"] == "reading_judgement") & (rows["stage"] == "years_4_6")]
    own = own[own["year"].isin(latest.years)].groupby("profile")[["n", "n_success"]].sum()
    plain = told.set_index("profile")
    assert plain["n"].to_dict() == own["n"].to_dict()
    assert plain["n_success"].to_dict() == own["n_success"].to_dict()
    assert told["n"].is_monotonic_decreasing
    few = plain[plain["n"] < 10]
    assert (few["rate"] - few["shrunken"]).abs().mean() > 0.1
    # Steadying is never past what was counted.
    between = (plain["shrunken"] - plain["additive"]) * (plain["rate"] - plain["additive"])
    assert between.min() > -1e-9
