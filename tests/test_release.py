"""Who may have which release, and that none of them breaks what the privacy page promises."""

import datetime
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from colanalysis import evidence, release
from colanalysis.errors import UsageError

TOMORROW = datetime.date.today() + datetime.timedelta(days=1)  # noqa: DTZ011
TABLES = ["findings", "steps", "years", "affected", "transitions", "flows", "coverage", "detectable",
          "candidates", "knowledge", "plans", "resources", "providers", "data"]  # fmt: skip
# The two counts of each table: learners, and those among them who succeed (or were assessed).
COUNTS = [
    ("findings", "n_learners", "n_success", "rate"),
    ("steps", "n", "n_success", "rate"),
    ("years", "n", "n_success", "rate"),
    ("affected", "n", "n_success", "rate"),
    ("plans", "n", "n_success", "rate"),
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
def releases(gathered, public):
    """The community's release and those of a service, of a small and a large school, of a partner."""
    return [public, *(release.seal(gathered, provider=own) for own in ("E1", "P4", "K1", "X1"))]


@pytest.fixture(scope="module")
def text(public, tmp_path_factory):
    path = tmp_path_factory.mktemp("sealed") / "release.json"
    public.write(path)
    return path.read_text(encoding="utf-8")


def with_privacy(gathered, **changes):
    community = gathered.community
    privacy = replace(community.privacy, **{"expires": TOMORROW, **changes})
    return replace(gathered, community=replace(community, privacy=privacy))


def test_the_list_of_tables_is_closed_for_every_audience(releases, gathered):
    governance = release.seal(with_privacy(gathered), audience="governance")
    assert [list(one.tables) for one in [*releases, governance]] == [TABLES] * (len(releases) + 1)


def test_findings_have_no_column_that_was_not_judged(public):
    assert set(public.tables["findings"]) == set(FINDINGS)


@pytest.mark.parametrize(("name", "n", "x", "rate"), COUNTS)
def test_every_public_count_keeps_the_promises_of_the_privacy_page(releases, name, n, x, rate):
    rows = pd.concat([one.tables[name] for one in releases], ignore_index=True)
    survey = rows.get("measure", pd.Series("", rows.index)).str.startswith("wellbeing")
    assert len(rows)
    for row, anonymous in zip(rows.itertuples(), survey, strict=True):
        of, some, share = getattr(row, n), getattr(row, x), getattr(row, rate)
        assert np.isnan(of) or (of % 3 == 0 and of >= (6 if anonymous else 9))
        assert np.isnan(some) == np.isnan(share)
        if not np.isnan(some):
            assert some % 3 == 0
            assert min(some, of - some) >= 6
            assert abs(share - some / of) < 0.0051
        assert row.done.startswith("rounded" if not np.isnan(some) else ("in words", "hidden"))


@pytest.mark.parametrize("name", ["affected", "coverage"])
def test_a_group_that_is_hidden_is_not_named(releases, name):
    for one in releases:
        table = one.tables[name]
        assert not ((table["mark"] == "c") & (table["group"] != "")).any()


def test_flows_keep_the_promises_too(public):
    table = public.tables["flows"]
    parts = table[["same_provider", "other_provider", "not_seen_again"]]
    assert ((parts.isna()) | (parts >= 6)).all(axis=None)
    rest = parts.rsub(table["leaving_step"], axis=0)
    assert ((rest.isna()) | (rest >= 6)).all(axis=None)
    numbers = table.select_dtypes("number")
    assert ((numbers.isna()) | (numbers % 3 == 0)).all(axis=None)


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


def test_a_hurdle_of_one_provider_is_in_its_own_release_alone(gathered):
    turned = gathered.found.copy()
    own = turned["provider_id"] == "P3"
    assert own.sum() == 1
    turned.loc[own, "direction"] = "hurdle"
    behind = replace(gathered, found=turned)
    told = {
        who: "P3" in set(release.seal(behind, provider=who).tables["findings"]["provider_id"])
        for who in ("", "P3", "P1")
    }
    assert told == {"": False, "P3": True, "P1": False}
    successes = release.seal(gathered).tables["findings"]
    assert {"P3", "K1"} <= set(successes.loc[successes["direction"] == "success", "provider_id"])


def test_governance_numbers_are_exact(gathered):
    tables = release.seal(with_privacy(gathered), audience="governance").tables
    found = tables["findings"].merge(gathered.found, on="rank", validate="one_to_one")
    assert len(found) == len(gathered.found)
    for name in ("n_learners", "n_success", "gap", "p_value", "n_latest", "learners_to_shift"):
        assert list(found[f"{name}_x"]) == list(found[f"{name}_y"])
    exact = gathered.flows.groupby("stage_before")["not_seen_again"].sum()
    flows = tables["flows"].set_index("stage_before")["not_seen_again"]
    assert dict(flows) == {step: exact[step] for step in flows.index}
    assert (tables["steps"]["n"] % 3 != 0).any()
    assert list(tables["data"]["count"][:7]) == list(gathered.rows["rows_in"])


@pytest.mark.parametrize("missing", [{"purpose": ""}, {"approver": ""}, {"expires": None}])
def test_governance_is_refused_without_a_protocol(gathered, missing):
    with pytest.raises(UsageError, match=r"needs a protocol.*purpose, approver and expires"):
        release.seal(with_privacy(gathered, **missing), audience="governance")


def test_governance_is_refused_after_the_protocols_last_day(gathered):
    today = datetime.date.today()  # noqa: DTZ011
    release.seal(with_privacy(gathered, expires=today), audience="governance")
    yesterday = today - datetime.timedelta(days=1)
    with pytest.raises(UsageError, match=f"ended on {yesterday}"):
        release.seal(with_privacy(gathered, expires=yesterday), audience="governance")


def test_a_public_release_needs_no_protocol(gathered):
    release.seal(with_privacy(gathered, purpose="", approver="", expires=None))


def test_an_unknown_audience_is_told_which_there_are(gathered):
    with pytest.raises(UsageError, match=r"'everyone'.*public, governance") as refused:
        release.seal(gathered, audience="everyone")
    assert refused.value.exit_code == 2


def test_an_unknown_provider_is_told_which_there_are(gathered):
    with pytest.raises(UsageError, match=r"'Z9'.*E1, E2, E3, P1.*X1\.") as refused:
        release.seal(gathered, provider="Z9")
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
    assert about["comparisons"] == len(gathered.looked_at)
    assert set(about["measures"]) == set(gathered.counted["measure"])
    assert about["providers"]["P3"] == "Rimu Terrace School"
    assert about["measures"]["maths_judgement"]["breaks"][-1][0] == 2025


def test_the_fingerprint_changes_with_the_inputs_and_the_settings(public, gathered):
    def mark(**changes):
        return release.seal(replace(gathered, **changes)).about["fingerprint"]

    settings = replace(gathered.community.settings, smallest_group=11)
    assert mark() == public.about["fingerprint"]
    assert mark(inputs=gathered.inputs.iloc[::-1]) == public.about["fingerprint"]
    assert mark(inputs=gathered.inputs.assign(sha256="0" * 64)) != public.about["fingerprint"]
    other = replace(gathered.community, settings=settings)
    assert mark(community=other) != public.about["fingerprint"]


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


def test_an_expectation_without_others_to_count_can_be_sealed(gathered, tmp_path):
    level = gathered.found.head(1).assign(kind="level", group="", n_others=np.inf)
    held = with_privacy(replace(gathered, found=level))
    for audience in release.AUDIENCES:
        release.seal(held, audience=audience).write(tmp_path / "release.json")
        stored = json.loads((tmp_path / "release.json").read_text(encoding="utf-8"))
        assert len(stored["tables"]["findings"]["rows"]) == 1
