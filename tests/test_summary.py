"""Counts that schools hand over: safe, whole, as they were written, and added up without being changed."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import regions

from colanalysis import account, check, custody, evidence, ledger, load, merging, release, summary
from colanalysis.auditing import audit
from colanalysis.cli import main
from colanalysis.errors import ColanalysisError, DataError, ReleaseError, UsageError
from colanalysis.evidence import Evidence
from colanalysis.publishing import decide
from colanalysis.sealed import Release
from colanalysis.terms import settings

SCHOOLS = ("P1", "P2", "S1")
FIRST = {"years_0_3": 0, "years_4_6": 4, "years_7_8": 7, "years_9_10": 9, "years_11_13": 11}
FILES = {"counts.csv", "providers.csv", "summary.json"}


class Region(NamedTuple):
    """A community, its three schools' own folders, their summaries, and the truth."""

    whole: Path
    schools: dict[str, Path]
    summaries: dict[str, Path]
    truth: pd.DataFrame


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Region:
    place = tmp_path_factory.mktemp("region")
    whole = regions.write(place / "r", 5, learners=300, schools=3, years=2)[0]
    tables = {path.stem: text_of(path) for path in whole.glob("*.csv")}
    for table in tables.values():
        if "learner_id" in table:  # so that an id is found wherever it stands
            table["learner_id"] = "CANARY" + table["learner_id"]
    schools = {}
    for school in ("", *SCHOOLS):
        folder = place / "r" / school if school else whole
        folder.mkdir(exist_ok=True)
        if school:
            shutil.copy(whole / "community.toml", folder)
        here = tables["enrolments"].query("provider_id == @school")["learner_id"]
        for name, table in tables.items():
            if school:
                column, own = (
                    ("learner_id", here) if name == "learners" else ("provider_id", [school])
                )
                table = table[table[column].isin(own)]
            table.to_csv(folder / f"{name}.csv", index=False)
        schools[school] = folder
    del schools[""]
    made = {one: summary.write(schools[one], out=place / f"of {one}") for one in SCHOOLS}
    return Region(whole, schools, made, regions.people(whole))


@pytest.fixture(scope="module")
def merged(region: Region, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("merged") / "together"
    made = merging.merge([*region.summaries.values()], out=out, id="together", name="The region")
    return made.folder


@pytest.fixture(scope="module")
def ready(merged: Path) -> Release:
    return release.seal(evidence.gather(merged))


@pytest.fixture(scope="module")
def handed(region: Region) -> pd.DataFrame:
    """All rows that were handed over, as text."""
    tables = [text_of(folder / "counts.csv") for folder in region.summaries.values()]
    return pd.concat(tables, ignore_index=True).fillna("")


def text_of(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def alone(handed: pd.DataFrame) -> pd.DataFrame:
    """The rows of all learners."""
    return handed[(handed[list(handed.columns[6:])] == "").all(axis=1)]


def exact(truth: pd.DataFrame, row: Any) -> tuple[int, int]:
    """Count a row that was handed over, from the truth."""
    step = next(name for name, level in FIRST.items() if f"{level}" == row["year_level"])
    own = truth[
        (truth["provider_id"] == row["provider_id"])
        & (truth["year"] == int(row["year"]))
        & (truth["measure"] == row["measure"])
        & (truth["stage"] == step)
    ]
    for name in row.index[6:]:
        if row[name]:
            values = own[name.removesuffix("_together")].str.split(";")
            wanted = set(row[name].split(" or "))
            own = own[[bool(wanted & set(one)) for one in values]]
    return own["n"].sum(), own["n_success"].sum()


def signed(folder: Path, secret: bytes, change: Callable[[dict[str, Any]], object]) -> Path:
    """Change what a summary says of itself, and sign it again."""
    about = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    del about["signature"]
    change(about)
    text = json.dumps(about, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    about["signature"] = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    (folder / "summary.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


def copy_of(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to)
    return to


def test_every_number_that_is_handed_over_is_beside_the_exact_one(
    region: Region, handed: pd.DataFrame
) -> None:
    told = 0
    for _, row in handed.iterrows():
        for number, count in zip(row[["n", "n_success"]], exact(region.truth, row), strict=True):
            if number != "c":
                told += 1
                assert int(number) % 3 == 0
                assert abs(int(number) - count) <= 2
    assert told > 300


def test_all_learners_of_every_year_measure_and_step_are_there_once(
    region: Region, handed: pd.DataFrame
) -> None:
    rows = alone(handed)[["provider_id", "year", "measure", "year_level"]]
    judged = region.truth[region.truth["n"] > 0]
    wanted = judged.assign(
        year=judged["year"].astype(str), year_level=judged["stage"].map(FIRST).astype(str)
    )
    assert sorted(rows.itertuples(index=False, name=None)) == sorted(
        set(wanted[list(rows)].itertuples(index=False, name=None))
    )


def test_groups_are_single_or_ethnic_by_gender_and_too_small_ones_are_not_told(
    handed: pd.DataFrame,
) -> None:
    groups = {"ell", "ethnicity", "gender", "ethnicity_together", "gender_together"}
    assert set(handed.columns[6:]) <= groups | {"ell_together"}
    used = {frozenset(c.removesuffix("_together") for c in row.index if row[c])
            for _, row in handed[list(handed.columns[6:])].iterrows()}  # fmt: skip
    assert used == {
        frozenset(one) for one in ([], ["ell"], ["ethnicity"], ["gender"], ["ethnicity", "gender"])
    }
    size = pd.to_numeric(handed["n"], errors="coerce")
    success = pd.to_numeric(handed["n_success"], errors="coerce")
    assert size.min() == 9  # ten of them, rounded
    assert size[success.notna()].min() >= 15
    assert success.min() >= 6
    assert (size - success).min() >= 6 - 4
    assert set(handed.index[size.isna()]) <= set(alone(handed).index)


def test_a_summary_holds_nothing_of_a_learner(region: Region) -> None:
    for school, folder in region.summaries.items():
        assert {path.name for path in folder.iterdir()} == FILES
        everything = b"".join(path.read_bytes() for path in folder.iterdir())
        assert b"CANARY" not in everything
        known = load.community(region.schools[school]).frames["learners"]["learner_id"]
        assert len(known) > 90
        assert not [one for one in known if one.encode() in everything]


def test_steps_of_merged_counts_are_those_of_all_learners(
    region: Region, ready: Release, handed: pd.DataFrame
) -> None:
    """Each school's number is at most two off, and a school that tells none is in no sum."""
    latest = alone(handed)[alone(handed)["year"] == "2024"]
    untold = latest[(latest["n_success"] == "c")]
    steps, seen = ready.tables["steps"], 0
    assert set(steps["stage"]) == set(FIRST)
    for row in steps.itertuples():
        own = latest[(latest["measure"] == row.measure)]
        own = own[own["year_level"] == f"{FIRST[row.stage]}"]
        parts = own[~own.index.isin(untold.index)]
        counts = np.array([exact(region.truth, one) for _, one in parts.iterrows()]).sum(axis=0)
        assert row.n == parts["n"].astype(int).sum()
        assert abs(row.n - counts[0]) <= 2 * len(parts)
        if row.mark == "":
            seen += 1
            assert row.n_success == parts["n_success"].astype(int).sum()
            assert abs(row.n_success - counts[1]) <= 2 * len(parts)
    assert seen >= 6


@pytest.mark.usefixtures("unaudited")
def test_the_report_of_all_learners_tells_the_same_within_rounding(
    region: Region, ready: Release, handed: pd.DataFrame
) -> None:
    everybody = release.seal(evidence.gather(region.whole)).tables["steps"]
    both = everybody.merge(ready.tables["steps"], on=["measure", "stage", "year"])
    assert len(both) == len(everybody) == len(ready.tables["steps"])
    latest = alone(handed)[alone(handed)["year"] == "2024"]
    away = {(row.measure, row.year_level) for row in latest.itertuples() if row.n_success == "c"}
    places = zip(both["measure"], both["stage"], strict=True)
    whole = both[[(name, f"{FIRST[stage]}") not in away for name, stage in places]]
    assert len(whole) >= 7
    # One rounding for each school, and one for the report of all learners.
    for name in ("n", "n_success"):
        assert (whole[f"{name}_x"] - whole[f"{name}_y"]).abs().max() <= 2 * (len(SCHOOLS) + 1)


def test_the_order_in_which_summaries_are_named_changes_no_byte(
    region: Region, tmp_path: Path
) -> None:
    made = []
    for place, order in enumerate(itertools.permutations(SCHOOLS)):
        out = tmp_path / f"{place}"
        merging.merge([region.summaries[one] for one in order], out=out)
        files = sorted(path for path in out.rglob("*") if path.is_file())
        made.append({path.relative_to(out): path.read_bytes() for path in files})
    assert len(made[0]) == 7
    assert all(one == made[0] for one in made)


def test_merged_rows_are_the_rows_that_were_handed_over(merged: Path, handed: pd.DataFrame) -> None:
    both = text_of(merged / "counts.csv")
    assert set(both) == set(handed)
    assert sorted(both[list(handed)].to_numpy().tolist()) == sorted(handed.to_numpy().tolist())


def test_groups_are_added_up_over_the_schools_that_tell_them(
    merged: Path, handed: pd.DataFrame
) -> None:
    sums = text_of(merged / "summaries" / "groups.csv")
    keys = [name for name in handed if name not in ("provider_id", "n", "n_success")]
    by_hand: dict[tuple[str, ...], list[int]] = {}
    for _, row in handed[handed["n_success"] != "c"].iterrows():
        one = by_hand.setdefault(tuple(row[keys]), [0, 0, 0])
        for place, number in enumerate((1, int(row["n"]), int(row["n_success"]))):
            one[place] += number
    assert {
        tuple(row[keys]): [int(row[name]) for name in ("providers", "n", "n_success")]
        for _, row in sums.iterrows()
    } == by_hand
    assert max(one[0] for one in by_hand.values()) == 2


def test_a_merged_folder_is_sound_and_tells_of_no_group(merged: Path, ready: Release) -> None:
    checked = check.tables(load.community(merged))
    assert checked.problems.empty
    assert (checked.rows["set_aside"] == 0).all()
    assert checked.community.id == "together"
    assert checked.community.name == "The region"
    assert set(ready.tables["groups"]["group"]) == {""}
    assert ready.tables["findings"].empty


def test_the_report_of_merged_counts_says_what_it_cannot_know(
    ready: Release, region: Region
) -> None:
    said = str(account.made(ready))
    for words in ("does not follow the same learners", "which results are of the same learners",
                  "none deeper than was handed over"):  # fmt: skip
        assert words in said
    school = copy_of(region.schools["P1"], region.schools["P1"].parent / "P1 and counts")
    shutil.copy(region.summaries["P1"] / "counts.csv", school)
    own = evidence.gather(school)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decide.audit, "audit", lambda told, *_: audit.Audit(told, NOTHING))
        assert "What counts alone" not in str(account.made(release.seal(own)))


NOTHING = pd.DataFrame(columns=decide.LOOKED_AT)


def test_groups_that_add_up_at_one_step_by_chance_are_not_taken_for_those_of_all_steps(
    region: Region, tmp_path: Path
) -> None:
    folder = copy_of(region.summaries["P2"], tmp_path / "chance")
    rows = ["4,60,30,", "4,30,15,male", "4,30,15,female", "7,60,30,", "7,30,15,male"]
    text = "provider_id,year,measure,year_level,n,n_success,gender\n"
    text += "".join(f"P2,2024,attendance,{row}\n" for row in rows)
    (folder / "counts.csv").write_text(text, encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    signed(folder, b"key", lambda about: about["files"].update({"counts.csv": digest}))
    made = merging.merge([folder], out=tmp_path / "out", id="chance").folder
    counted = evidence.gather(made).counted
    assert counted[["profile", "n", "n_success"]].to_numpy().tolist() == [["", 60, 30]] * 2
    sums = text_of(made / "summaries" / "groups.csv")
    assert len(sums) == len(rows)


@pytest.mark.slow
def test_the_page_of_merged_counts_shows_the_pathway(
    merged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(merged, tmp_path / "together")
    assert main(["report", str(folder), "--out", str(tmp_path / "out")]) == 0
    page = (tmp_path / "out" / "challenge-evidence.html").read_text(encoding="utf-8")
    assert capsys.readouterr().out.strip().endswith("challenge-evidence.html")
    assert "What counts alone cannot tell" in page
    assert "NCEA co-requisite" in page
    assert "Years 11 to 13" in page or "Years 11–13" in page


# What is refused


def change_counts(folder: Path) -> None:
    path = folder / "counts.csv"
    path.write_text(
        path.read_text(encoding="utf-8") + "P1,2024,attendance,4,30,12\n", encoding="utf-8"
    )


def change_providers(folder: Path) -> None:
    path = folder / "providers.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("School", "Other"), encoding="utf-8")


def change_the_digest_too(folder: Path) -> None:
    change_counts(folder)
    path = folder / "summary.json"
    about = json.loads(path.read_text(encoding="utf-8"))
    about["files"]["counts.csv"] = hashlib.sha256((folder / "counts.csv").read_bytes()).hexdigest()
    path.write_text(json.dumps(about), encoding="utf-8")


def change_the_rules(folder: Path) -> None:
    path = folder / "summary.json"
    path.write_text(path.read_text(encoding="utf-8").replace(" 10,", " 11,"), encoding="utf-8")


def another_format(folder: Path) -> None:
    path = folder / "summary.json"
    path.write_text(
        path.read_text(encoding="utf-8").replace("summary 1", "summary 9"), encoding="utf-8"
    )


@pytest.fixture
def with_the_key(region: Region) -> Path:
    """The key of the schools lies where a community "ours" looks for it."""
    path = Path(os.environ["XDG_CONFIG_HOME"]) / "colanalysis" / "keys" / "ours.key"
    shutil.copy(region.whole.parent / "region.key", path)
    path.chmod(0o600)
    return path


@pytest.mark.usefixtures("with_the_key")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (change_counts, "counts.csv: this was changed"),
        (change_providers, "providers.csv: this was changed"),
        (change_the_digest_too, "summary.json: this was changed"),
        (change_the_rules, "summary.json: this was changed"),
        (another_format, "in another form"),
        (lambda folder: (folder / "summary.json").write_text("{}"), "this is not a summary"),
        (lambda folder: (folder / "summary.json").write_text("[1"), "this is not a summary"),
        (lambda folder: (folder / "counts.csv").unlink(), "cannot be opened"),
    ],
)
def test_what_was_changed_on_its_way_is_refused(
    region: Region, tmp_path: Path, change: Callable[[Path], object], said: str
) -> None:
    folder = copy_of(region.summaries["P1"], tmp_path / "sent")
    change(folder)
    with pytest.raises(ColanalysisError, match=said) as caught:
        merging.merge([folder], out=tmp_path / "out", id="ours")
    assert "sent" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["sent"]


@pytest.mark.usefixtures("with_the_key")
def test_a_signature_is_looked_at_where_the_key_is_the_same_and_else_it_is_said(
    region: Region, tmp_path: Path
) -> None:
    folders = [*region.summaries.values()]
    assert merging.merge(folders, out=tmp_path / "ours", id="ours").notes == []
    notes = merging.merge(folders, out=tmp_path / "others", id="others").notes
    assert len(notes) == 3
    assert all("nobody can say" in note for note in notes)


def other_cut(about: dict[str, Any]) -> None:
    measure = about["measures"]["attendance"]
    measure["definition"]["more_than"] = 0.8
    measure["sha256"] = summary.digest(measure["definition"])


def a_hidden_cut(about: dict[str, Any]) -> None:
    about["measures"]["attendance"]["definition"]["more_than"] = 0.8


def same_words_differ(about: dict[str, Any]) -> None:
    about["measures"]["attendance"]["definition"]["label"] = "Comes to school"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (other_cut, '"attendance" is defined in two ways'),
        (a_hidden_cut, "not defined as its digest says"),
        (lambda about: about["rules"].update(smallest_group=5), "other rules"),
        (lambda about: about["rules"].update(ethnicity="prioritised"), "other rules"),
        (lambda about: about["stages"].pop(), "other steps"),
        (lambda about: about["community"].update(made_up=True), "made up"),
    ],
)
def test_summaries_that_do_not_go_together_are_refused(
    region: Region, tmp_path: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    other = copy_of(region.summaries["P2"], tmp_path / "other")
    signed(other, b"another key", change)
    with pytest.raises(DataError, match=said) as caught:
        merging.merge([region.summaries["P1"], other], out=tmp_path / "out")
    assert "other" in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_other_words_for_a_measure_are_no_other_measure(region: Region, tmp_path: Path) -> None:
    other = signed(copy_of(region.summaries["P2"], tmp_path / "other"), b"key", same_words_differ)
    made = merging.merge([other], out=tmp_path / "out", id="worded")
    assert settings.read(made.folder).measures["attendance"].label == "Comes to school"
    merging.merge([region.summaries["P1"], other], out=tmp_path / "both", id="worded")


def test_a_provider_and_year_that_two_summaries_hold_is_refused(
    region: Region, tmp_path: Path
) -> None:
    one = region.summaries["P1"]
    with pytest.raises(DataError, match="both hold counts of P1 in 2023"):
        merging.merge([one, copy_of(one, tmp_path / "again")], out=tmp_path / "out")


def test_a_place_that_is_taken_is_refused(region: Region, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="found files there"):
        summary.write(region.schools["P1"], out=tmp_path)
    with pytest.raises(UsageError, match="found files there"):
        merging.merge([region.summaries["P1"]], out=tmp_path)
    with pytest.raises(UsageError, match="inside the folder"):
        summary.write(region.schools["P1"], out=region.schools["P1"] / "counts")
    with pytest.raises(UsageError, match="Unknown provider 'P9'"):
        summary.write(region.schools["P1"], out=tmp_path / "out", provider="P9")
    with pytest.raises(UsageError, match="nothing to merge"):
        merging.merge([], out=tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


# What is known afterwards


@pytest.fixture(scope="module")
def gathered(region: Region) -> Evidence:
    return evidence.gather(region.schools["S1"])


def test_what_was_handed_over_stands_in_the_ledger_and_a_report_tells_the_same(
    region: Region, gathered: Evidence, handed: pd.DataFrame
) -> None:
    book = ledger.read(gathered.community)
    about = summary.read(region.summaries["S1"]).about
    [entry] = book.entries
    assert [(one["id"], one["audience"]) for one in entry["releases"]] == [(about["id"], "summary")]
    before = ledger.admit(book, gathered)
    own = alone(handed).query("provider_id == 'S1' and year == '2024'")
    steps = release.seal(gathered, provider="S1", before=before).tables["steps"]
    assert len(steps) == len(own) > 3
    for row in steps.itertuples():
        one = own[(own["measure"] == row.measure) & (own["year_level"] == f"{FIRST[row.stage]}")]
        for name in ("n", "n_success"):
            number = getattr(row, name)
            assert one[name].item() == ("c" if np.isnan(number) else f"{number:.0f}")


def test_the_same_learners_are_the_same_bytes_and_all_is_decided_beside_what_was_told(
    region: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        pytest.fail("what was told is decided again")

    monkeypatch.setattr(decide.audit, "audit", refuse)
    school = copy_of(region.schools["S1"], region.schools["S1"].parent / "S1 again")
    out = summary.write(school, out=tmp_path / "again")
    assert (out / "counts.csv").read_bytes() == (region.summaries["S1"] / "counts.csv").read_bytes()
    [entry] = ledger.read(settings.read(school)).entries
    assert len(entry["releases"]) == 1


def test_what_a_report_told_stays_and_the_rest_is_audited_beside_it(
    gathered: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []

    def keep(shown: pd.DataFrame, *_: Any) -> audit.Audit:
        given.append(shown)
        return audit.Audit(shown, NOTHING)

    monkeypatch.setattr(decide.audit, "audit", keep)
    planned = decide.plan.handed_over(gathered, "S1")
    keys = custody.keys(gathered.community)
    rules = decide.protect.rules_for("public", gathered.community.settings, keys.round)
    first = decide.also(gathered, rules, release.NOTHING, planned.iloc[:5]).decided
    changed = decide.Decided(first.cells.assign(n=300.0), first.looked_at)
    then = decide.also(gathered, rules, changed, planned).decided.cells
    assert [np.isinf(one["weight"]).sum() for one in given] == [0, 5]
    assert (then["n"] == 300).sum() == 5
    assert len(then) == len(planned)


def test_one_learner_more_or_less_is_refused_and_nothing_is_written(
    region: Region, tmp_path: Path
) -> None:
    school = copy_of(region.schools["P2"], region.schools["P2"].parent / "P2 later")
    rows = text_of(school / "observations.csv")
    rows.iloc[1:].to_csv(school / "observations.csv", index=False)
    before = (school / ledger.FILE).read_bytes()
    with pytest.raises(ReleaseError, match="fewer than 20 learners differ at P2"):
        summary.write(school, out=tmp_path / "out")
    assert not [*tmp_path.iterdir()]
    assert (school / ledger.FILE).read_bytes() == before
    name = summary.read(region.summaries["P2"]).about["id"]
    summary.write(school, out=tmp_path / "out", withdraw=[name])
    assert [one["withdrawn"] for entry in ledger.read(settings.read(school)).entries
            for one in entry["releases"]] == [True, False]  # fmt: skip


# Steps, measures and settings of all kinds

OWN = """
[community]
id = "kinds"
name = 'The "kinds" \\ of Māori'
made_up = true

[settings]
smallest_group = 12

[stages]
ece = "ece"
early = [0, 4]
late = [5, 13]
leavers = "leavers"

[[measure]]
id = "reads"
label = 'Reads "well"'
domain = "achievement"
scale = "number"
cut = { 4 = 10, 6 = 20.5 }
breaks = [{ date = 2019-02-03, why = "a new = test" }]
levels_from = [[-inf, "low"], [10, "high"]]

[[measure]]
id = "gone"
domain = "achievement"
scale = ["none", "some", "all"]
success_from = "some"
stage = "leavers"
"""


@pytest.fixture
def kinds(tmp_path: Path) -> Path:
    """Every kind of step: of the year level, of the measure, of an early learning service."""
    folder = tmp_path / "kinds"
    folder.mkdir()
    (folder / "community.toml").write_text(OWN, encoding="utf-8")
    providers = "provider_id,name,type,latitude\nP,=Rata,composite,-36.5\nE,Kōwhai,ece,-36.5\n"
    (folder / "providers.csv").write_text(providers, encoding="utf-8")
    rows = ["learner_id,provider_id,year,measure,value,year_level"]
    for one in range(60):
        level, value = (4, 10 + one % 2 * -5) if one < 30 else (6, 20 + one % 3)
        rows.append(f"L{one},P,2025,reads,{value},{level}")
        rows.append(f"L{one},P,2025,gone,{'none' if one % 3 else 'all'},13")
        rows.append(f"M{one},E,2025,attendance,{0.5 + one % 2 * 0.45},")
    (folder / "observations.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


def test_every_kind_of_step_and_measure_comes_back(kinds: Path, tmp_path: Path) -> None:
    parts = [summary.write(kinds, out=tmp_path / one, provider=one) for one in ("P", "E")]
    assert not (kinds / ledger.FILE).exists()  # a made-up community keeps none
    rows = pd.concat([text_of(part / "counts.csv") for part in parts])
    assert sorted(zip(rows["measure"], rows["year_level"], rows["n"], strict=True)) == [
        ("attendance", "", "60"), ("gone", "", "60"), ("reads", "0", "30"), ("reads", "5", "30"),
    ]  # fmt: skip
    assert list(text_of(parts[0] / "providers.csv")) == ["provider_id", "name", "type"]
    made = merging.merge(parts, out=tmp_path / "merged")
    assert made.notes == []
    now, was = settings.read(made.folder), settings.read(kinds)
    for name in ("id", "name", "label", "made_up", "stages"):
        assert getattr(now, name) == getattr(was, name)
    assert now.settings == was.settings
    assert now.measures == was.measures
    counted = evidence.gather(made.folder).counted
    assert sorted(zip(counted["measure"], counted["stage"], counted["n"], strict=True)) == [
        ("attendance", "ece", 60), ("gone", "leavers", 60),
        ("reads", "early", 30), ("reads", "late", 30),
    ]  # fmt: skip
    exactly = evidence.gather(kinds).counted.groupby(["measure", "stage"])["n_success"].sum()
    told = counted.set_index(["measure", "stage"])["n_success"]
    assert (told - exactly).abs().max() <= 2


def test_where_nothing_can_be_counted_it_is_said(kinds: Path, tmp_path: Path) -> None:
    (kinds / "observations.csv").unlink()
    with pytest.raises(DataError, match="no results to count"):
        summary.write(kinds, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_commands_say_where_the_counts_are(
    kinds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["summarise", str(kinds), "--out", str(tmp_path / "counts")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'counts'}\n"
    words = ["--out", str(tmp_path / "made"), "--id", "other", "--name", "Another"]
    assert main(["merge", str(tmp_path / "counts"), *words]) == 0
    said = capsys.readouterr()
    assert said.out == f"{tmp_path / 'made'}\n"
    assert "made with the key" in said.err
    assert settings.read(tmp_path / "made").name == "Another"
    assert main(["merge", str(tmp_path / "nowhere"), "--out", str(tmp_path / "no")]) == 2
