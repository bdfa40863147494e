"""Published targets: ten of a real plan, and small ones by trying every whole number."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from colanalysis.errors import UsageError
from colanalysis.planning import audit, possible, published, verdict
from colanalysis.planning.possible import Reading
from colanalysis.planning.published import Published
from colanalysis.planning.rounding import NEAREST, REACHES, READS_AS, percent

WAKATIPU = Path(__file__).resolve().parent / "plans" / "wakatipu.csv"


@pytest.fixture(scope="module")
def wakatipu() -> audit.Audited:
    return audit.plan(WAKATIPU)


def row(audited: audit.Audited, name: str) -> dict[str, str]:
    return audited.targets.set_index("target").loc[name].to_dict()


# The ten targets that Wakatipu's page prints (its address is in the table)


def test_the_number_of_learners_follows_from_the_learners_to_succeed(wakatipu):
    boys, maori = row(wakatipu, "W1"), row(wakatipu, "W2")
    assert (boys["verdict"], boys["n"], boys["of"]) == ("possible", "745", "1,073 to 1,074")
    assert (maori["verdict"], maori["n"], maori["of"]) == ("possible", "124", "161")
    first, *_ = published.read(WAKATIPU)
    # .85 × 1,074 = 912.9; of 1,073 learners 912.05 are only reached by 913.
    assert possible.readings(first)[Reading(NEAREST)].of.tolist() == [1074]


def test_a_target_that_is_one_learner_short_says_so(wakatipu):
    told = row(wakatipu, "W3")
    assert told["verdict"] == "possible only as it reads"
    assert "1 learner short" in told["says"]
    assert "22 more learners, not 21" in told["says"]


def test_a_count_that_is_not_its_share_is_found_with_what_would_be(wakatipu):
    told = row(wakatipu, "W4")
    assert told["verdict"] == "impossible"
    assert "78 of 171 is 45.6 %, not 39 %" in told["says"]
    # 68 of 171 is 39.8 %, and 85 are 49.7 %.
    assert "it would be 68" in told["says"]
    assert "cut off" in told["says"]


def test_targets_about_the_same_learners_fit_one_number_of_them(wakatipu):
    told = wakatipu.together.set_index("rounding")["of"]
    assert told["by the shares alone"] == "2,109 to 2,168"
    assert row(wakatipu, "W6")["of_by_shares"] == "1,962 to 2,168"
    assert row(wakatipu, "W7")["of_by_shares"] == "2,000 to 2,444"
    rows = {one.target: one for one in published.read(WAKATIPU) if one.cohort}
    for rule in (REACHES, NEAREST):
        fits = [of for of in range(1900, 2700) if all(by_trying(one, of, rule) for one in rows.values())]  # fmt: skip
        assert possible.joint(rows, [Reading(rule)]).tolist() == fits
        assert told[rule] == verdict.ranges(fits)


def test_points_without_learners_give_the_baseline_alone(wakatipu):
    assert "63 %" in row(wakatipu, "W9")["says"]
    assert "22 %" in row(wakatipu, "W10")["says"]
    assert row(wakatipu, "W9")["of"] == ""


def test_one_impossible_target_makes_a_plan_unsound(wakatipu):
    assert not wakatipu.sound
    fine = [one for one in published.read(WAKATIPU) if one.target != "W4"]
    assert audit.look(fine).sound


# By trying


def by_trying(one: Published, of: int, rule: str, *, cut_off: bool = False) -> set[int]:
    """The baseline counts of so many learners that fit, with the decimal module's rounding."""
    told = set()
    start, end = one.baseline_percent, one.target_percent
    # Nobody needs to try what is two points away.
    low, high = (0, 100) if start is None else (int(start.value) - 2, int(start.value) + 3)
    for n in range(max(low * of // 100, 0), min(high * of // 100 + 1, of) + 1):
        if start is not None:
            exact = Decimal(100 * n) / of
            unit = Decimal(1).scaleb(-start.decimals)
            written = exact.quantize(unit, ROUND_DOWN if cut_off else ROUND_HALF_UP)
            if written != Decimal(str(float(start.value))):
                continue
        if one.baseline_n not in (None, n):
            continue
        needed = one.target_n if one.extra_learners is None else n + one.extra_learners
        if needed is None or one.target_n not in (None, needed) or needed > of:
            continue
        if end is not None and not _is(needed, of, end, rule):
            continue
        told.add(n)
    return told


def _is(needed: int, of: int, end, rule: str) -> bool:
    exact = Decimal(str(float(end.value))) * of / 100
    if rule == REACHES:
        return needed == exact.to_integral_value(ROUND_CEILING)
    if rule == NEAREST:
        return needed == exact.to_integral_value(ROUND_HALF_UP)
    unit = Decimal(1).scaleb(-end.decimals)
    return (Decimal(100 * needed) / of).quantize(unit, ROUND_HALF_UP) == Decimal(
        str(float(end.value))
    )


@settings(max_examples=60)
@given(
    st.integers(1, 60), st.integers(0, 99), st.integers(1, 100), st.integers(0, 20),
    st.sampled_from([REACHES, NEAREST]), st.booleans(),
)  # fmt: skip
def test_intervals_hold_exactly_the_whole_numbers_that_fit(of, start, end, extra, rule, cut_off):
    one = Published(
        target="x", where="here", baseline_of=of, baseline_percent=percent(str(start)),
        target_percent=percent(str(end)), extra_learners=extra,
    )  # fmt: skip
    # Exactly a half of the last decimal can be rounded to either side; we allow both.
    assume(all((200 * n) % of or (200 * n // of) % 2 == 0 for n in range(of + 1)))
    found = possible.readings(one).get(Reading(rule, cut_off))
    told = set() if found is None else set(range(int(found.n_low[0]), int(found.n_high[0]) + 1))
    assert told == by_trying(one, of, rule, cut_off=cut_off)


@settings(max_examples=60)
@given(st.integers(1, 300), st.data())
def test_what_is_true_is_never_called_impossible(of, data):
    n = data.draw(st.integers(0, of))
    needed = data.draw(st.integers(n, of))
    written = (Decimal(100 * n) / of).quantize(Decimal(1), ROUND_HALF_UP)
    end = (Decimal(100 * needed) / of).quantize(Decimal("0.1"), ROUND_HALF_UP)
    one = Published(
        target="x", where="here", baseline_of=of, baseline_n=n, target_n=needed,
        extra_learners=needed - n, baseline_percent=percent(str(written)),
        target_percent=percent(str(end)),
    )  # fmt: skip
    assert Reading(READS_AS) in possible.readings(one)


# What is said


def told(**figures: object) -> dict[str, str]:
    one = Published(target="x", where="here", **figures)
    return audit.look([one]).targets.iloc[0].to_dict()


def test_learners_that_do_not_add_up_are_told():
    said = told(baseline_n=745, target_n=913, extra_learners=170)
    assert said["verdict"] == "impossible"
    assert "From 745 to 913 learners are 168 more, not 170." in said["says"]
    assert "it would be 743" in said["says"]


def test_points_and_per_cent_of_the_baseline_are_told_apart():
    fits = told(baseline_percent=percent("50"), target_percent=percent("55"), extra_points=percent("5"))  # fmt: skip
    assert fits["verdict"] == "possible"
    said = told(
        baseline_percent=percent("50"), target_percent=percent("55"), extra_points=percent("10")
    )
    assert said["verdict"] == "impossible"
    assert "5 points, not 10" in said["says"]
    assert "10 per cent of the baseline" in said["says"]


def test_a_target_can_be_about_other_learners_than_the_baseline():
    figures = {"baseline_n": 50, "target_of": 150, "target_percent": percent("60")}
    fits = told(**figures, baseline_of=100, extra_learners=40)
    assert (fits["verdict"], fits["needed"]) == ("possible", "90")
    assert told(**figures, baseline_of=100, extra_learners=42)["verdict"] == "impossible"
    # How many there were at the baseline does not follow from how many there will be.
    assert told(**figures)["of"] == ""
    assert told(**figures)["needed"] == "90"


def test_more_who_succeed_than_there_are_is_told():
    assert "80 are more than the 70" in told(baseline_n=80, baseline_of=70)["says"]


def test_a_declared_rounding_is_held_to():
    figures = {"baseline_n": 63, "baseline_of": 141, "target_percent": percent("60"),
               "extra_learners": 21}  # fmt: skip
    assert told(**figures)["verdict"] == "possible only as it reads"
    assert told(**figures, rounding=REACHES)["verdict"] == "impossible"


def test_a_part_larger_than_its_whole_is_told():
    whole = Published(target="all", where="2", baseline_of=100, baseline_n=50, measure="m")
    part = Published(target="boys", where="3", baseline_of=120, part_of="all", measure="m")
    assert "120 learners or more" in audit.look([whole, part]).targets["says"][1]
    part = Published(
        target="boys", where="3", baseline_of=90, baseline_n=60, part_of="all", measure="m"
    )
    assert "60 or more succeed in it, and at most 50 in all" in audit.look([whole, part]).targets["says"][1]  # fmt: skip


def test_a_higher_level_cannot_have_more_learners_than_the_lower_one():
    figures = {"cohort": "c", "baseline_of": 100}
    above = Published(target="above", where="3", baseline_n=30, part_of="at", **figures)
    for n, sound in ((40, True), (20, False)):
        at = Published(target="at", where="2", baseline_n=n, **figures)
        assert audit.look([at, above]).sound is sound


def test_targets_about_the_same_learners_that_fit_no_number_are_told():
    rows = [
        Published(target=name, where=name, cohort="c", baseline_of=of)
        for name, of in (("a", 100), ("b", 101))
    ]
    audited = audit.look(rows)
    assert not audited.sound
    assert "no number of learners fits" in audit.in_words(audited)[-1]


def test_ranges_are_said_shortly():
    assert verdict.ranges([]) == ""
    assert verdict.ranges([745]) == "745"
    assert verdict.ranges([1, 2, 3, 2000]) == "1 to 3; 2,000"
    assert verdict.ranges([1, 3, 5, 7, 9]) == "1; 3; 5 and others up to 9"


# The table


def read(tmp_path: Path, text: str) -> list[Published]:
    path = tmp_path / "plan.csv"
    path.write_text(text, encoding="utf-8")
    return published.read(path)


def test_cells_are_read_as_they_are_printed(tmp_path):
    (one,) = read(tmp_path, 'target,baseline_percent,decimals,target_n,extra_learners\nT,84%,1,"1,074",+21\n')  # fmt: skip
    assert one.baseline_percent == percent("84.0")
    assert (one.target_n, one.extra_learners, one.target_of) == (1074, 21, None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("target,baselin_n\nT,3\n", ["baselin_n", 'mean "baseline_n"']),
        ("target,group\nT,boys\n", ["no published figure"]),
        ("target,target_n\nT,many\n", ["plan.csv row 2 target_n", "whole number"]),
        ("target,target_percent\nT,180\n", ["row 2 target_percent", "from 0 to 100"]),
        ("target,baseline_of\nT,0\n", ["0 learners", "one or more"]),
        ("target,target_n\nT,3\nT,4\n", ['"T" twice']),
        ("target,target_n,part_of\nT,3,U\n", ["part_of", '"U"']),
        ("target,target_n,rounding\nT,3,up\n", ["rounding", "nearest, reaches, reads as"]),
    ],
)
def test_a_table_that_is_none_says_where_and_what(tmp_path, text, words):
    with pytest.raises(UsageError) as told:
        read(tmp_path, text)
    assert [word for word in words if word not in str(told.value)] == []


def test_a_file_that_is_not_there_is_wrong_use(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        published.read(tmp_path / "plan.csv")
