"""What was planted in the made-up community is found, told once, and little else is."""

import tomllib

import pytest

from colanalysis import evidence

MOST_OTHERS = 2


@pytest.fixture(scope="module")
def found(sample):
    return evidence.gather(sample).found


@pytest.fixture(scope="module")
def truth(sample):
    return tomllib.loads((sample / "truth.toml").read_text(encoding="utf-8"))


def told(found, plant, direction):
    """Findings that tell a plant: same measure, group, provider and direction, steps that meet."""
    levels = found["year_level_min"].le(plant["year_level_max"]) & found["year_level_max"].ge(
        plant["year_level_min"]
    )
    return found[
        found["measure"].eq(plant["measure"])
        & found["group"].eq(plant["group"])
        & found["provider_id"].eq(plant["provider_id"])
        & found["direction"].eq(direction)
        & found["kind"].eq("gap")
        & levels
    ]


def matched(found, truth):
    gaps = [told(found, p, d) for d in ("hurdle", "success") for p in truth[d]]
    steps = found[found["kind"] == "transition"]
    taken = [steps[steps["measure"] == plant["measure"]] for plant in truth["transition"]]
    return gaps, taken


def test_enough_was_planted(truth):
    assert len(truth["hurdle"]) >= 4
    assert len(truth["success"]) >= 4
    assert len(truth["transition"]) == 1
    assert truth["nothing"]


def test_every_planted_hurdle_and_success_is_told_exactly_once(found, truth):
    gaps, _ = matched(found, truth)
    assert [len(rows) for rows in gaps] == [1] * len(gaps)


def test_the_planted_step_is_told_once_at_its_year_levels(found, truth):
    _, (step,) = matched(found, truth)
    assert len(step) == 1
    plant = truth["transition"][0]
    assert step["direction"].item() == "hurdle"
    assert (step["year_level_min"].item(), step["year_level_max"].item()) == (
        plant["year_level_min"],
        plant["year_level_max"],
    )


def test_the_interval_holds_what_was_planted_in_most_findings(found, truth):
    gaps, taken = matched(found, truth)
    plants = [*truth["hurdle"], *truth["success"], *truth["transition"]]
    held = [
        rows["gap_low"].item() <= plant["points"] / 100 <= rows["gap_high"].item()
        for rows, plant in zip([*gaps, *taken], plants, strict=True)
    ]
    assert sum(held) >= len(held) - 2


def test_little_else_is_listed(found, truth):
    gaps, taken = matched(found, truth)
    known = {index for rows in [*gaps, *taken] for index in rows.index}
    others = found[~found.index.isin(known)]
    assert len(others) <= MOST_OTHERS, others[["kind", "measure", "group", "q_value"]]
