"""Who may have which release, and that none of them breaks what the privacy page promises."""

import datetime
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from colanalysis import cells, evidence, release
from colanalysis.errors import UsageError
from colanalysis.terms.settings import Source

TOMORROW = datetime.date.today() + datetime.timedelta(days=1)  # noqa: DTZ011
TABLES = ["findings", "steps", "others", "years", "affected", "groups", "transitions", "flows", "coverage",
          "detectable", "judged", "candidates", "targets", "together", "conditions", "knowledge", "plans", "plan_years",
          "resources", "brought", "to_shift", "leadership", "way", "providers", "data", "cells"]  # fmt: skip
# The two counts of each table: learners, and those among them who succeed (or were assessed).
COUNTS = [
    ("findings", "n_learners", "n_success", "rate"),
    ("steps", "n", "n_success", "rate"),
    ("years", "n", "n_success", "rate"),
    ("affected", "n", "n_success", "rate"),
    ("groups", "n", "n_success", "rate"),
    ("plans", "n", "n_success", "rate"),
    ("plan_years", "n", "n_success", "rate"),
    ("coverage", "eligible", "assessed", "rate"),
    ("transitions", "n", "before", "rate_before"),
    ("transitions", "n", "after", "rate_after"),
]
FINDINGS = {
    "rank": "an order", "direction": "a word", "kind": "a word", "measure": "a name",
    "year_level_min": "of the step", "year_level_max": "of the step", "year_min": "of the step",
    "year_max": "of the step", "provider_id": "a name", "group": "a name",
    "n_learners": "rounded", "n_success": "rounded", "rate": "from rounded",
    "reference": "a word", "reference_rate": "from rounded", "gap": "from rounded",
    "gap_low": "from rounded", "gap_high": "from rounded", "p_value": "blank", "q_value": "blank",
    "years_seen": "a count of years", "learners_to_shift": "from rounded", "evidence": "a grade",
    "notes": "words", "stages": "names", "years_with_data": "a count of years",
    "n_latest": "rounded", "doubts": "words", "mark": "a word", "done": "a word",
}  # fmt: skip


@pytest.fixture(scope="module")
def told(small):
    """What was told of the small community, so that nothing has to be audited again."""
    return release.told_to("public", small.gathered, release.NOTHING).decided


@pytest.fixture(scope="module")
def releases(small, told, public):
    """Two communities' releases, and those of a small and of a large school."""
    own = (release.seal(small.gathered, provider=one, before=told) for one in ("P3", "P1"))
    return [public, small.ready, *own]


@pytest.fixture(scope="module")
def text(public, tmp_path_factory):
    path = tmp_path_factory.mktemp("sealed") / "release.json"
    public.write(path)
    return path.read_text(encoding="utf-8")


def with_privacy(gathered, **changes):
    community = gathered.community
    privacy = replace(community.privacy, **{"expires": TOMORROW, **changes})
    return replace(gathered, community=replace(community, privacy=privacy))


@pytest.fixture
def sealed(small, told):
    """Seal the small community's evidence, with another protocol."""

    def seal(privacy=None, **choices):
        return release.seal(with_privacy(small.gathered, **privacy or {}), before=told, **choices)

    return seal


def test_the_list_of_tables_is_closed_for_every_audience(releases, sealed):
    exact = [sealed(audience="governance"), sealed(audience="provider", provider="P2")]
    for one in [*releases, *exact]:
        assert list(one.tables) == TABLES


def test_findings_have_no_column_that_was_not_judged(public):
    assert set(public.tables["findings"]) == set(FINDINGS)


@pytest.mark.parametrize(("name", "n", "x", "rate"), COUNTS)
def test_every_public_count_keeps_the_promises_of_the_privacy_page(releases, name, n, x, rate):
    rows = pd.concat([one.tables[name] for one in releases], ignore_index=True)
    survey = rows.get("measure", pd.Series("", rows.index)).str.startswith("wellbeing")
    assert len(rows)
    for row, anonymous in zip(rows.itertuples(), survey, strict=True):
        of, some, share = getattr(row, n), getattr(row, x), getattr(row, rate)
        # 10 learners (5 answers) may be rounded down, and 15 of whom a count is told as well.
        assert np.isnan(of) or (of % 3 == 0 and of >= (3 if anonymous else 9))
        assert np.isnan(some) == np.isnan(share)
        if not np.isnan(some):
            assert some % 3 == 0
            assert some >= 6
            assert of >= 15
            assert of - some >= 3
            assert abs(share - some / of) < 0.0051
        done = row.done.split(":")[0].split(";")[0]
        words = ("in words", "hidden", "size alone", "withheld")
        assert done == "rounded" if not np.isnan(some) else done in words


def test_the_cells_of_a_release_are_every_number_that_is_in_it_once(releases):
    for one in releases:
        told = one.tables["cells"]
        assert list(told) == [*cells.DEFINITION, "n", "n_success", "mark", "done"]
        assert not told.duplicated(cells.DEFINITION).any()
        numbers = set(told["n"].dropna())
        for name, n in [
            ("steps", "n"),
            ("groups", "n"),
            ("affected", "n"),
            ("coverage", "eligible"),
        ]:
            assert set(one.tables[name][n].dropna()) <= numbers
        step = one.tables["steps"].dropna(subset="n").iloc[0]
        mine = told[(told["measure"] == step["measure"]) & (told["stages"] == step["stage"])]
        mine = mine[(mine["domain"] == "results") & (mine["group"] == "")]
        assert step["n"] in set(mine["n"])


@pytest.mark.parametrize("name", ["affected", "groups", "plan_years", "coverage", "cells"])
def test_a_group_of_which_nothing_is_told_is_not_named(releases, name):
    for one in releases:
        table = one.tables[name]
        size = table["eligible" if name == "coverage" else "n"]
        assert not (size.isna() & (table["group"] != "")).any()
        assert (table["group"] != "").any() or (name == "plan_years" and one.tables["plans"].empty)


def test_flows_keep_the_promises_too(public, small):
    for one in (public, small.ready):
        table = one.tables["flows"]
        parts = table[["same_provider", "other_provider", "not_seen_again"]]
        assert ((parts.isna()) | (parts >= 6)).all(axis=None)
        rest = parts.rsub(table["leaving_step"], axis=0)
        assert ((rest.isna()) | (rest >= 6)).all(axis=None)
        numbers = table.select_dtypes("number")
        assert ((numbers.isna()) | (numbers % 3 == 0)).all(axis=None)
        assert parts.notna().any(axis=None)


def test_every_number_of_learners_that_is_told_is_a_multiple_of_three(releases):
    for one in releases:
        found = one.tables["findings"]
        for name in ("n_learners", "n_success", "n_latest", "learners_to_shift"):
            assert (found[name].dropna() % 3 == 0).all()
        assert (found["n_latest"] >= 3).all()


def test_no_share_has_more_than_two_decimals(releases):
    names = ["rate", "low", "high", "reference_rate", "gap", "gap_low", "gap_high", "rate_before",
             "rate_after", "ordinary_change"]  # fmt: skip
    for one in releases:
        for table in one.tables.values():
            for name in set(names) & set(table):
                values = table[name].dropna().astype(float)
                assert (values - values.round(2)).abs().max() < 1e-9 or values.empty


@pytest.mark.usefixtures("unaudited")
def test_a_hurdle_of_one_provider_is_in_its_own_release_alone(small):
    usual = small.gathered.found.iloc[0].to_dict()
    own = {"P3": "hurdle", "P1": "success"}
    rows = [
        {**usual, "rank": rank, "group": "", "provider_id": provider, "direction": direction,
         "measure": "attendance", "stages": "years_4_6", "year_min": 2023, "year_max": 2025}
        for rank, (provider, direction) in enumerate(own.items(), 1)
    ]  # fmt: skip
    behind = replace(small.gathered, found=pd.DataFrame(rows), doubts={1: [], 2: []})
    told = {
        who: set(release.seal(behind, provider=who).tables["findings"]["provider_id"])
        for who in ("", "P1", "P2", "P3")
    }
    assert told == {"": {"P1"}, "P1": {"P1"}, "P2": {"P1"}, "P3": {"P1", "P3"}}
    exact = release.seal(with_privacy(behind), audience="governance").tables["findings"]
    assert set(exact["provider_id"]) == {"P1", "P3"}


def test_governance_numbers_are_exact(small, sealed):
    gathered, tables = small.gathered, sealed(audience="governance").tables
    found = tables["findings"].merge(gathered.found, on="rank", validate="one_to_one")
    assert len(found) == len(gathered.found) > 0
    for name in ("n_learners", "n_success", "gap", "p_value", "n_latest", "learners_to_shift"):
        assert list(found[f"{name}_x"]) == list(found[f"{name}_y"])
    exact = gathered.flows.groupby("stage_before")["not_seen_again"].sum()
    flows = tables["flows"].set_index("stage_before")["not_seen_again"]
    assert flows.fillna(0).to_dict() == {step: exact[step] for step in flows.index}
    latest = small.rows["observations"].query("measure == 'attendance' and year == 2025")
    groups = tables["groups"].query("measure == 'attendance'").set_index("group")
    own = small.rows["learners"].set_index("learner_id")["gender"].loc[latest["learner_id"]]
    assert groups.loc["gender=male", "n"] == (own == "male").sum()
    good = latest["value"].eq(0.95).to_numpy()
    assert groups.loc["gender=male", "n_success"] == ((own == "male").to_numpy() & good).sum()
    assert set(groups["done"]) == {"exact"}
    assert list(tables["data"]["count"][: len(gathered.rows)]) == list(gathered.rows["rows_in"])


def test_a_provider_sees_its_own_exactly_and_all_else_as_everybody(small, sealed):
    own = sealed(audience="provider", provider="P2")
    public = sealed(provider="P2")
    latest = small.rows["observations"].query("measure == 'attendance' and provider_id == 'P2'")
    steps = own.tables["steps"].query("measure == 'attendance'").set_index("stage")
    level = latest["year_level"].between(4, 6) & latest["year"].eq(2025)
    assert steps.loc["years_4_6", "n"] == level.sum()
    assert steps.loc["years_4_6", "n_success"] == (level & latest["value"].eq(0.95)).sum()
    assert (own.tables["steps"]["n"] != public.tables["steps"]["n"]).any()
    for name in ("findings", "affected", "transitions", "flows"):
        pd.testing.assert_frame_equal(own.tables[name], public.tables[name])
    assert (own.about["audience"], own.about["provider"]) == ("provider", "P2")


def test_a_providers_own_report_has_to_say_whose(sealed):
    with pytest.raises(UsageError, match=r"without saying whose.*P1, P2, P3, S1") as refused:
        sealed(audience="provider")
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("audience", ["governance", "provider"])
@pytest.mark.parametrize("missing", [{"purpose": ""}, {"approver": ""}, {"expires": None}])
def test_exact_numbers_are_refused_without_a_protocol(sealed, missing, audience):
    with pytest.raises(UsageError, match=r"needs a protocol.*purpose, approver and expires"):
        sealed(missing, audience=audience, provider="P1")


def test_governance_is_refused_after_the_protocols_last_day(sealed):
    today = datetime.date.today()  # noqa: DTZ011
    sealed({"expires": today}, audience="governance")
    yesterday = today - datetime.timedelta(days=1)
    with pytest.raises(UsageError, match=f"ended on {yesterday}"):
        sealed({"expires": yesterday}, audience="governance")


def test_a_public_release_needs_no_protocol(sealed):
    sealed({"purpose": "", "approver": "", "expires": None})


def test_an_unknown_audience_is_told_which_there_are(sealed):
    with pytest.raises(UsageError, match=r"'everyone'.*public, governance, provider") as refused:
        sealed(audience="everyone")
    assert refused.value.exit_code == 2


def test_an_unknown_provider_is_told_which_there_are(sealed):
    with pytest.raises(UsageError, match=r"'Z9'.*P1, P2, P3, S1\.") as refused:
        sealed(provider="Z9")
    assert refused.value.exit_code == 2


def test_no_name_and_no_id_of_a_learner_is_in_a_release(text, sample):
    learners = pd.read_csv(sample / "learners.csv", dtype=str, keep_default_na=False)
    assert len(learners) > 4000
    assert [name for name in learners["preferred_name"].unique() if name in text] == []
    assert [one for one in learners["learner_id"] if f'"{one}"' in text] == []


def test_no_path_and_no_column_of_records_is_in_a_release(text, sample):
    homes = [sample.resolve(), *sample.resolve().parents, Path.home(), Path.cwd()]
    assert [str(home) for home in homes if f"{home}/" in text and str(home) != "/"] == []
    assert str(sample) not in text
    for word in ("learner_id", "preferred_name", ".csv", "source_row", "sha256"):
        assert word not in text


def test_a_release_says_what_it_is_about(public, gathered):
    about = public.about
    assert (about["audience"], about["provider"], about["year"]) == ("public", "", 2025)
    # A number that small changes of the data do not change.
    assert abs(about["comparisons"] / len(gathered.looked_at) - 1) <= 0.05
    assert about["comparisons"] % 10 ** (len(str(about["comparisons"])) - 2) == 0
    assert about["audit"] == []  # nobody there exists
    assert set(about["measures"]) == set(gathered.counted["measure"])
    assert about["providers"]["P3"] == "Rimu Terrace School"
    assert about["measures"]["maths_judgement"]["breaks"][-1][0] == 2025


def test_a_release_says_who_was_kept_away_from_how_much(small):
    audited = small.ready.about["audit"]
    assert [row["who"] for row in audited] == [
        "the public", "somebody with the rolls", "a parent", "a provider",
    ]  # fmt: skip
    assert sum(row["protected"] for row in audited) > 1000


def test_the_fingerprint_changes_with_the_inputs_and_the_settings(small, told):
    gathered = small.gathered

    def mark(**changes):
        return release.seal(replace(gathered, **changes), before=told).about["fingerprint"]

    known = small.ready.about["fingerprint"]
    assert mark() == known
    assert mark(inputs=gathered.inputs.iloc[::-1]) == known
    assert mark(inputs=gathered.inputs.assign(sha256="0" * 64)) != known
    settings = replace(gathered.community.settings, candidates=3)
    assert mark(community=replace(gathered.community, settings=settings)) != known
    read = Source("a.csv", "tidy", {"Kid": "learner_id"}, {"table": "learners"})
    assert mark(community=replace(gathered.community, sources=(read,))) != known


def test_a_fingerprint_is_made_with_the_communitys_key(small, told):
    """Without it anybody could try whether the data are what they think they are."""
    community = replace(small.gathered.community, id="other")
    other = release.seal(replace(small.gathered, community=community), before=told)
    assert other.about["key"] != small.ready.about["key"]
    assert other.about["fingerprint"] != small.ready.about["fingerprint"]


def test_text_from_the_data_is_passed_on_as_it_was_written(tmp_path):
    odd = '<script>alert("1")</script> & =HYPERLINK("http://a")'
    (tmp_path / "community.toml").write_text(
        '[community]\nid = "t"\nname = "<b>T</b>"\n', encoding="utf-8"
    )
    rows = {
        "providers": {"provider_id": "P1", "name": odd, "type": "primary"},
        "local_knowledge": {
            "claim": odd,
            "source": "+role",
            "direction": "hurdle",
            "consent": "yes",
        },
        "resources": {"resource": odd, "unit": "@hours", "amount": 3},
    }
    for name, row in rows.items():
        pd.DataFrame([row]).to_csv(tmp_path / f"{name}.csv", index=False)
    release.seal(evidence.gather(tmp_path)).write(tmp_path / "release.json")
    stored = json.loads((tmp_path / "release.json").read_text(encoding="utf-8"))
    told = {
        name: dict(zip(table["columns"], table["rows"][0], strict=True))
        for name, table in stored["tables"].items()
        if table["rows"]
    }
    assert told["providers"]["name"] == stored["about"]["providers"]["P1"] == odd
    assert (told["knowledge"]["claim"], told["knowledge"]["source"]) == (odd, "+role")
    assert (told["resources"]["resource"], told["resources"]["unit"]) == (odd, "@hours")
    assert stored["about"]["name"] == "<b>T</b>"


@pytest.mark.usefixtures("unaudited")
def test_an_expectation_without_others_to_count_can_be_sealed(small, tmp_path):
    level = small.gathered.found.head(1).assign(kind="level", group="", n_others=np.inf)
    held = with_privacy(replace(small.gathered, found=level))
    for audience in release.AUDIENCES:
        ready = release.seal(held, audience=audience, provider="P1")
        ready.write(tmp_path / "release.json")
        stored = json.loads((tmp_path / "release.json").read_text(encoding="utf-8"))
        assert len(stored["tables"]["findings"]["rows"]) == 1
