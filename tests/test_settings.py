"""community.toml: every choice is read, and nothing that is misspelt is ignored."""

from __future__ import annotations

import datetime
from dataclasses import fields
from pathlib import Path

import pytest

from colanalysis.errors import SettingsError, UsageError
from colanalysis.terms import settings
from colanalysis.terms.settings import Privacy, Settings, Stage

SMALLEST = '[community]\nid = "te-awa"\nname = "Te Awa"\n'

WHOLE = """
[community]
id = "te-awa"
name = "Te Awa Community of Learning"
label = "Kāhui Ako"
year = 2025
attributes = ["gender", "ethnicity"]
made_up = true

[settings]
false_share = 0.2
smallest_gap = 0
smallest_group = 20
ethnicity = "prioritised"

[privacy]
purpose = "Choosing challenges"
approver = "Principals' group"
expires = 2026-12-31
key_file = "../kept/our.key"

[stages]
ece = "ece"
juniors = [0, 6]
seniors = [7, 13]

[[measure]]
id = "easttle_maths"
[measure.cut]
4 = 1446
6 = 1500.5

[[measure]]
id = "kapa_haka"
label = "Kapa haka"
domain = "engagement"
scale = "yes/no"
success_from = "yes"
stage = "seniors"

[[source]]
file = "exports/results.csv"
reader = "wide"
columns = { "NSN ID" = "learner_id" }
provider_id = "12"
results = [{ column = "Maths", measure = "easttle_maths", year = 2024 }]

[[plan]]
challenge = "Writing"
measure = "writing_judgement"
baseline_year = 2022
target = 0.85
target_year = 2025
"""


def read(folder: Path, text: str) -> settings.Community:
    (folder / "community.toml").write_text(text, encoding="utf-8")
    return settings.read(folder)


def test_the_smallest_file_takes_every_default(tmp_path: Path) -> None:
    community = read(tmp_path, SMALLEST)
    assert (community.id, community.name, community.year) == ("te-awa", "Te Awa", None)
    assert community.attributes is None
    assert community.made_up is False
    assert community.settings == Settings()
    assert community.privacy == Privacy()
    assert [stage.id for stage in community.stages] == [
        "ece",
        "years_0_3",
        "years_4_6",
        "years_7_8",
        "years_9_10",
        "years_11_13",
        "leavers",
    ]
    assert "attendance" in community.measures
    assert (community.sources, community.plans) == ((), ())


def test_the_stated_defaults() -> None:
    assert {one.name: one.default for one in fields(Settings)} == {
        "false_share": 0.10,
        "smallest_gap": 0.05,
        "smallest_spread": 0.05,
        "smallest_group": 10,
        "smallest_count": 6,
        "smallest_survey": 5,
        "rounding_base": 3,
        "smallest_change": 20,
        "deepest_group": 3,
        "ethnicity": "total response",
        "language_order": "en-mi",
        "candidates": 5,
    }


def test_everything_that_is_written_is_read(tmp_path: Path) -> None:
    community = read(tmp_path, WHOLE)
    assert community.folder == tmp_path
    assert (community.label, community.year, community.made_up) == ("Kāhui Ako", 2025, True)
    assert community.attributes == ("gender", "ethnicity")
    assert community.settings == Settings(
        false_share=0.2, smallest_gap=0.0, smallest_group=20, ethnicity="prioritised"
    )
    assert community.privacy.expires == datetime.date(2026, 12, 31)
    assert community.privacy.key_file == "../kept/our.key"
    assert community.stages == (Stage("ece"), Stage("juniors", 0, 6), Stage("seniors", 7, 13))
    assert community.measures["easttle_maths"].cut == {4: 1446, 6: 1500.5}
    assert community.measures["easttle_maths"].label == "Maths: e-asTTle"
    assert community.measures["kapa_haka"].stage == "seniors"
    (source,) = community.sources
    assert (source.file, source.reader) == ("exports/results.csv", "wide")
    assert source.columns == {"NSN ID": "learner_id"}
    assert set(source.options) == {"provider_id", "results"}
    assert [(plan["challenge"], plan["target"]) for plan in community.plans] == [("Writing", 0.85)]


def test_every_setting_can_be_set_by_name(tmp_path: Path) -> None:
    values = "\n".join(
        f'{one.name} = "{one.default}"' if isinstance(one.default, str) else f"{one.name} = 1"
        for one in fields(Settings)
    )
    community = read(tmp_path, f"{SMALLEST}[settings]\n{values}\n")
    assert community.settings.rounding_base == 1
    assert community.settings.smallest_spread == 1.0


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeff" + SMALLEST).id == "te-awa"


@pytest.mark.parametrize(
    ("year_level", "provider_type", "stage"),
    [
        (None, "ece", "ece"),
        (0, "primary", "years_0_3"),
        (3.0, "primary", "years_0_3"),
        (4, "composite", "years_4_6"),
        (8, "intermediate", "years_7_8"),
        (9, "secondary", "years_9_10"),
        (13, "secondary", "years_11_13"),
        (14, "secondary", None),
        (None, "secondary", None),
        (float("nan"), "primary", None),
        (5, None, "years_4_6"),
    ],
)
def test_step_of_a_year_level(
    tmp_path: Path, year_level: float | None, provider_type: str | None, stage: str | None
) -> None:
    assert read(tmp_path, SMALLEST).stage_of(year_level, provider_type) == stage


def test_without_an_ece_step_early_childhood_belongs_to_none(tmp_path: Path) -> None:
    community = read(tmp_path, SMALLEST + "[stages]\nall = [0, 13]\n")
    assert community.stage_of(None, "ece") is None
    assert community.stage_of(7, "primary") == "all"


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ('nmae = "x"', r'\[community\]: found the unknown name "nmae".*Did you mean "name"'),
        ('year = "2025"', r'\[community\] year: found "2025".*such as 2025'),
        ("year = 25", r"\[community\] year: found 25"),
        ("made_up = 1", r"made_up: found 1.*true or false"),
        ('attributes = "gender"', "a list of texts"),
        ("[setings]", 'unknown name "setings".*Did you mean "settings"'),
        ("[settings]\nsmallest_grup = 5", r"\[settings\].*smallest_group.*Did you mean"),
        ("[settings]\nsmallest_group = 0", r"\[settings\] smallest_group: found 0.*1 or more"),
        ("[settings]\nsmallest_group = 10.5", "smallest_group: found 10.5"),
        ("[settings]\nfalse_share = 10", "between 0 and 1"),
        ("[settings]\nfalse_share = true", "found true"),
        ('[settings]\nethnicity = "total"', 'one of: "total response", "prioritised"'),
        ('[settings]\nlanguage_order = "mi"', '"en-mi", "mi-en"'),
        ('[privacy]\nexpires = "2026-12-31"', "without quotation marks"),
        ('[privacy]\nkey = "x"', r"\[privacy\].*purpose, approver, expires, key_file"),
        ("[privacy]\nkey_file = 7", r"\[privacy\] key_file"),
        ("[stages]\nbig = [0, 6]\nmiddle = [6, 8]", "middle: found year level 6 a second time"),
        ("[stages]\nbig = [6, 0]", r"\[stages\] big.*such as \[4, 6\]"),
        ("[stages]\nece = [0, 1]", r'\[stages\] ece.*Expected "ece"'),
        ('[stages]\nkindy = "ece"', r"\[stages\] kindy"),
        ('[[measure]]\nid = "attendance"\nlable = "x"', r"number 1.*Did you mean .label"),
        ('[[measure]]\nid = "attendance"\n[[measure]]\nid = "attendance"', "number 2.*second time"),
        ('[[measure]]\nlabel = "x"', '"id" is missing'),
        ('[[measure]]\nid = "attendance"\nstage = "years"', "number 1 stage.*years_0_3"),
        ("[measure]\nid = 1", r"two brackets"),
        ('[[source]]\nfile = "a.csv"', '"reader" is missing'),
        ('[[source]]\nfile = "a"\nreader = "tidy"\ncolumns = { a = 1 }', "a table of texts"),
    ],
)
def test_what_is_wrong_is_named_with_what_exists(tmp_path: Path, extra: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        read(tmp_path, SMALLEST + extra + "\n")
    assert str(caught.value).startswith("community.toml")
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("missing", ["id", "name"])
def test_a_community_needs_an_id_and_a_name(tmp_path: Path, missing: str) -> None:
    lines = [line for line in SMALLEST.splitlines() if not line.startswith(missing)]
    with pytest.raises(SettingsError, match=f'the key "{missing}" is missing'):
        read(tmp_path, "\n".join(lines))


def test_a_file_that_is_not_toml_says_where(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="line 2.*quotation marks"):
        read(tmp_path, "[community]\nname = Te Awa\n")


def test_a_file_in_another_encoding_says_so(tmp_path: Path) -> None:
    (tmp_path / "community.toml").write_bytes(SMALLEST.replace("Awa", "Āwa").encode("utf-16"))
    with pytest.raises(SettingsError, match="UTF-8"):
        settings.read(tmp_path)


def test_a_folder_that_is_not_there_or_has_no_settings(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found no such folder") as caught:
        settings.read(tmp_path / "nowhere")
    assert caught.value.exit_code == 2
    with pytest.raises(UsageError, match=r"found no community\.toml"):
        settings.read(tmp_path)


PLAN = """
[[plan]]
challenge = "Lift writing"
measure = "writing_judgement"
baseline_year = 2022
target = 0.8
target_year = 2025
"""


@pytest.mark.parametrize(
    ("there", "instead", "said"),
    [
        ('measure = "writing_judgement"', 'measure = "wriitng_judgement"', "writing_judgement"),
        ("target_year = 2025\n", "", "target_year"),
        ("target = 0.8", "target = 80", "share"),
        ("baseline_year", "baselineyear", "baseline_year"),
        ("target_year = 2025", "target_year = 2022", "a year after the baseline's, 2022"),
        ("target = 0.8", "target = 0.8\nbaseline_n = 3", "found baseline_n alone"),
        ("target = 0.8", "target = 0.8\nbaseline_of = 30", "found baseline_of alone"),
        ("target = 0.8", "target = 0.8\nbaseline_n = 31\nbaseline_of = 30", "31 out of 30"),
        ("target = 0.8", "target = 0.8\nbaseline_n = -1\nbaseline_of = 30", "-1 out of 30"),
        ("target = 0.8", "target = 0.8\nbaseline_n = 1\nbaseline_of = 0", "1 or more"),
        ("target = 0.8", "target = 0.8\nbaseline_n = 24\nbaseline_of = 30", "24 of 30 succeed"),
    ],
)
def test_an_earlier_plan_that_cannot_be_followed_is_refused(tmp_path, there, instead, said):
    top = '[community]\nid = "t"\nname = "T"\n'
    (tmp_path / "community.toml").write_text(top + PLAN.replace(there, instead), encoding="utf-8")
    with pytest.raises(SettingsError, match=said):
        settings.read(tmp_path)
    (tmp_path / "community.toml").write_text(top + PLAN, encoding="utf-8")
    assert settings.read(tmp_path).plans[0]["target_year"] == 2025
