"""The sections of the page: what each says, and what it says when there is nothing to say."""

import dataclasses
import re

import pandas as pd
import pytest

from colanalysis import (
    account,
    allot,
    evidence,
    lead,
    look_back,
    propose,
    release,
    show,
    trace,
)

SECTIONS = (
    show.banner, show.in_short, show.successes, show.hurdles, trace.pathway, trace.transitions,
    trace.flows, trace.affected, propose.candidates, propose.targets, allot.resources,
    lead.leadership, lead.way, look_back.plans, propose.local_knowledge, account.community, account.coverage,
    account.yardsticks, account.data, account.made,
)  # fmt: skip


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bare")
    (folder / "community.toml").write_text('[community]\nid="t"\nname="T"\n', encoding="utf-8")
    (folder / "providers.csv").write_text(
        "provider_id,name,type,roll,roll_maori\n1,One,primary,120,60\n2,Two,ece,30,\n",
        encoding="utf-8",
    )
    return release.seal(evidence.gather(folder))


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r'src(set)?="[^"]*"', "", str(html))).split())


def changed(made, **tables):
    return dataclasses.replace(made, tables={**made.tables, **tables})


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_section_has_something_true_to_say_without_results(section, bare):
    said = words(section(bare))
    assert len(said) > 30 or section is show.banner
    assert "nan" not in said.lower().split()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_no_section_shows_a_hole_where_a_number_or_a_name_should_be(section, public):
    said = words(section(public))
    assert not re.search(r"\b(nan|None|NaT|inf)\b|\{|\}", said)


def test_the_doubt_of_judgements_is_told_where_their_shares_are(public):
    told = public.tables["judged"].set_index("measure")
    # Of both it was said by the page's own numbers: maths and reading are compared with tests.
    assert list(told.index) == ["maths_judgement", "reading_judgement"]
    sentence = "Reading: teacher judgement: schools may judge differently at the same test results."
    doubt = (
        f"carries a doubt of ±{told.loc['reading_judgement', 'pooled']} points, that of one school"
    )
    said = words(trace.pathway(public))
    assert sentence in said
    assert doubt in said
    found = public.tables["findings"]
    assert sentence in words(show.successes(public))
    assert "reading_judgement" not in set(found.loc[found["direction"] == "hurdle", "measure"])
    assert sentence not in words(show.hurdles(public))
    assert sentence not in words(trace.pathway(changed(public, judged=public.tables["judged"][:0])))


def test_rolls_are_added_up_and_nothing_is_claimed_from_them(bare):
    said = words(show.in_short(bare))
    assert "primary schools (1), early learning services (1)" in said
    assert "rolls add up to 150 learners" in said
    assert "says nothing about how well learners are served" in said
    assert "Māori 60 40%" in words(account.community(bare))


def test_successes_come_before_hurdles_in_short(public):
    found = public.tables["findings"]
    first = {d: found[found["direction"] == d].iloc[0]["rank"] for d in ("success", "hurdle")}
    assert first["hurdle"] < first["success"]  # the order of weight is another one
    said = words(show.in_short(public))
    assert 0 < said.index("goes well for") < said.index("well yet")


def test_nothing_found_is_said_with_what_could_have_been_found(public):
    nothing = changed(public, findings=public.tables["findings"].head(0))
    for section in (show.in_short, show.successes, show.hurdles):
        said = words(section(nothing))
        assert "Nothing stands out that could not be chance" in said
        assert "5%" in said


def test_a_governance_report_says_whom_it_is_for(gathered):
    exact = release.seal(gathered, audience="governance")
    said = words(show.banner(exact))
    assert "For governance only: exact numbers" in said
    assert gathered.community.privacy.approver in said
    assert "Numbers are exact" in words(account.made(exact))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"met": "met", "shift": "cannot be told"},
            [
                "Met Cannot be told",
                "the target was met.",
                "expected: whether it has shifted cannot be",
            ],
        ),
        (
            {"met": "not met", "shift": "shifted beyond noise"},
            ["Not met Shifted", "it has shifted by more than would have come by itself"],
        ),
        ({"met": "too near to tell"}, ["Too near to tell", "too near to the target to tell"]),
        (
            {"met": "cannot be known", "shift": "cannot be known because the measure ended"},
            ["Cannot be known Cannot be known", "are on another yardstick"],
        ),
        (
            {"met": "cannot be known", "shift": "cannot be told", "year": 2022},
            ["There are no later results yet"],
        ),
        (
            {"met": "", "shift": "", "mark": "c", "n_success": None, "rate": None},
            ["c Cannot be shown Cannot be shown", "cannot be worked out: too few learners"],
        ),
    ],
)
def test_an_earlier_target_is_told_beside_what_comes_by_itself(public, change, said):
    plans = public.tables["plans"].assign(**change)
    told = words(look_back.plans(changed(public, plans=plans)))
    assert [one for one in said if one not in told] == []
    assert "Whether a plan made the difference cannot be seen here" in told


def test_only_rounded_numbers_of_an_earlier_plan_are_about_right(public):
    assert "In 2024 it was about " in words(look_back.plans(public))
    exact = public.tables["plans"].assign(done="exact", n=88.0, n_success=45.0)
    assert "In 2024 it was 45 of 88" in words(look_back.plans(changed(public, plans=exact)))


def test_an_earlier_plan_is_drawn_from_its_baseline_to_its_target(public):
    (plan,) = public.tables["plans"].itertuples()
    html = str(look_back.plans(public))
    begun = f"{100 * plan.baseline_n / plan.baseline_of:.0f}% in {plan.baseline_year}"
    assert f"Asked for: {begun}, 60% in {plan.target_year}." in html
    assert "Largest change" not in html
    hidden = public.tables["plan_years"].assign(rate=None)
    assert "<figure>" in html
    assert "<figure>" not in str(look_back.plans(changed(public, plan_years=hidden)))


@pytest.mark.parametrize(
    ("low", "high", "verdict", "said"),
    [
        (0.05, 0.2, "goes with", "5 to 20 points higher (success goes with it)"),
        (-0.2, 0.05, "cannot tell", "20 points lower to 5 points higher (either is possible)"),
        (
            -0.2,
            -0.1,
            "goes with its absence",
            "10 to 20 points lower (success goes with its absence)",
        ),
    ],
)
def test_what_success_goes_with_is_told_with_its_range_and_no_cause(
    public, low, high, verdict, said
):
    rank = public.tables["candidates"]["rank"].iloc[0]
    row = {"rank": rank, "condition": "attendance", "low": low, "high": high, "verdict": verdict}
    both = pd.DataFrame([row, {**row, "condition": "transient=yes"}])
    told = words(propose.candidates(changed(public, conditions=both)))
    assert f"those without: Attendance, {said}; learners who change school often, {said}." in told
    assert "need not lead to one another" in told
    none = words(propose.candidates(changed(public, conditions=both.head(0))))
    assert "Ask what goes with it for them" in none


def test_what_a_target_would_ask_for_is_told_in_learners(public):
    told = public.tables["targets"].assign(typical=[0, *[None] * 4], detectable=[49, None, 3, 4, 5])
    told = told.assign(upper_quarter=15, best_seen=41, chance_met=0.04)
    said = words(propose.targets(changed(public, targets=told)))
    first, second, *_ = told.itertuples()
    more = first.reaches - first.n
    assert (
        f"{first.n} of {first.of} ({first.year}) {first.target}% {more} 4 in 100 49 0 / 15 / 41"
        in said
    )
    assert f"{second.target}% {second.reaches - second.n} 4 in 100 z x" in said
    untold = words(propose.targets(changed(public, targets=told.head(0))))
    assert untold.count("c c c c c c") == len(public.tables["candidates"])


def test_a_candidate_has_the_three_parts_and_no_story_of_our_own(public):
    said = words(propose.candidates(public))
    count = len(public.tables["candidates"])
    assert 3 <= count <= 5
    for part in (
        "Evidence",
        "How progress would be known",
        "For the community to write: what will",
    ):
        assert said.count(part) == count
    for question in propose.INQUIRY:
        assert said.count(question) == count


def test_a_candidate_says_who_is_in_no_number_of_it(public):
    hurdle = public.tables["findings"].set_index("rank").loc[public.tables["candidates"]["rank"][0]]
    table = public.tables["coverage"]
    here = table[(table["measure"] == hurdle["measure"]) & (table["group"] == hurdle["group"])]
    rate = here.set_index("stage")["rate"].loc[hurdle["stages"].split()].min()
    said = words(propose.candidates(public))
    assert f"Learners without a result: up to {1 - rate:.0%} of " in said
    nobody = changed(public, coverage=table.iloc[:0])
    assert "How many of these learners are without a result." in words(propose.candidates(nobody))


def test_a_wellbeing_candidate_asks_how_it_contributes_to_success(public):
    assert propose.CONTRIBUTES not in words(propose.candidates(public))
    found = public.tables["findings"]
    first = found["rank"] == public.tables["candidates"]["rank"][0]
    name = found.loc[first, "measure"].item()
    about = {
        **public.about["measures"],
        name: {**public.about["measures"][name], "domain": "wellbeing"},
    }
    told = dataclasses.replace(public, about={**public.about, "measures": about})
    assert propose.CONTRIBUTES in words(propose.candidates(told))


def together(*sets):
    return pd.DataFrame(
        [(place, *one) for place, one in enumerate(sets, start=1)],
        columns=["set", "ranks", "unknown", "part"],
    )


def test_the_page_says_what_candidates_reach_together_in_words_and_which_sets_came_next(public):
    one, two, *_ = public.tables["candidates"]["rank"]
    sets = together((f"{one} {two}", "", "about half"), (f"{two}", "", "less than half"))
    said = words(propose.candidates(changed(public, together=sets)))
    assert "Together they reach about half of the learners" in said
    assert "(together less than half)" in said
    assert "answers have no names" not in said


def test_where_no_part_may_be_told_none_is_and_no_other_set_is_made_up(public):
    one, two, *_ = public.tables["candidates"]["rank"]
    said = words(propose.candidates(changed(public, together=together((f"{one}", f"{two}", "")))))
    assert "ogether they reach" not in said
    assert "reach the most after this one" not in said
    assert "it is not known which learners they reach" in said
    only = words(propose.candidates(changed(public, together=together(("", f"{two}", "")))))
    assert "were chosen together" not in only


def test_every_claim_is_told_with_where_it_stands(public):
    said = words(propose.local_knowledge(public))
    for verdict in public.tables["knowledge"]["verdict"].unique():
        assert propose.VERDICTS[verdict] in said


def test_groups_that_were_assessed_less_are_named(public):
    whole = public.tables["coverage"]
    assert (whole["group"] == "").any()
    row = whole[whole["group"] == ""].head(1)
    less = row.assign(group="transient=yes", rate=row["rate"].item() - 0.2)
    said = words(account.coverage(changed(public, coverage=pd.concat([row, less]))))
    assert "learners who change school often" in said


def test_a_trend_is_broken_where_the_yardstick_changed(public):
    found = public.tables["findings"]
    maths = found[(found["measure"] == "maths_judgement") & (found["kind"] == "gap")].iloc[0]
    assert maths["rank"] in set(public.tables["candidates"]["rank"])
    assert "yardstick" in str(trace.affected(public))
    assert "| new yardstick |" in words(show.hurdles(public))


def test_made_up_data_is_called_so_and_real_data_is_not(public, bare):
    assert "Made-up sample data: no learner here is real." in words(show.banner(public))
    assert "Made-up" not in words(show.banner(bare))


def test_the_page_says_which_years_it_speaks_of(public, bare):
    assert (public.period, bare.period) == ("2021–2025", "rolls only")
    one = dataclasses.replace(public, about={**public.about, "first_year": 2025})
    assert one.period == "2025"
