from __future__ import annotations

import csv
import math
import re
import unicodedata
from importlib import resources
from xml.etree import ElementTree

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from colanalysis import draw
from colanalysis.drawing import canvas, ends, letters, picture, tradeoff, trendline
from colanalysis.drawing.picture import Bar, Line, Marker, Picture, Text
from colanalysis.errors import ReportError

NAN = math.nan
SVG = "{http://www.w3.org/2000/svg}"
LONG = "Pacific Peoples · Writing: teacher judgement · Years 7–8"

PATHWAY = pd.DataFrame(
    [
        ("Years 0–3", "Phonics after 40 weeks", 0.61, 0.52, 0.69),
        ("Years 0–3", "Reading: teacher judgement", 0.72, 0.68, 0.76),
        ("Years 7–8", "Writing: teacher judgement", 0.48, 0.43, 0.53),
        ("Years 7–8", "Wellbeing: aggressive student culture", NAN, NAN, NAN),
        ("Leavers", "University Entrance", 1.0, 0.97, 1.0),
    ],
    columns=["step", "measure", "rate", "low", "high"],
)
GAPS = pd.DataFrame(
    [
        ("Girls · Writing · Years 0–3", 0.74, 0.66, 0.70, 0.78, "success"),
        (LONG, 0.36, 0.52, 0.29, 0.44, "hurdle"),
        ("English language learners · Reading", NAN, 0.78, NAN, NAN, "hurdle"),
        ("Boys · Attending more than 90 % of half-days", 0.08, 0.63, 0.02, 0.19, "hurdle"),
    ],
    columns=["label", "rate", "reference", "low", "high", "direction"],
)
TREND = pd.DataFrame(
    [
        (year, series, NAN if (series, year) == ("Māori", 2021) else rate + (year - 2020) / 100,
         rate - 0.05, rate + 0.05, year == 2022)
        for series, rate in [("Māori", 0.52), ("European/Pākehā", 0.53)]
        for year in range(2020, 2026)
    ],
    columns=["year", "series", "rate", "low", "high", "break_after"],
)  # fmt: skip
FLOW = pd.DataFrame(
    [
        ("Year 6 → Year 7", 0.72, 0.58, 0.69),
        ("Year 8 → Year 9", 0.55, NAN, 0.52),
    ],
    columns=["step", "before", "after", "ordinary"],
)
COVERAGE = pd.DataFrame(
    [("Reading", 0.87), ("Phonics after 40 weeks", 0.31), ("Wellbeing", NAN)],
    columns=["label", "share"],
)
TRADE_OFF = pd.DataFrame(
    [
        ("", 0, 32), ("", 3, 40), ("", 9, 41), ("Equal shares", 0, 32), ("By roll", 5, 36),
        ("By learners to shift", 9, 41), ("By reach", 9, 41),
    ],
    columns=["way", "moved", "reached"],
)  # fmt: skip
CHARTS = {
    "trade-off": (draw.trade_off, TRADE_OFF, tradeoff.tradeoff_figure),
    "pathway": (draw.pathway, PATHWAY, draw._pathway_figure),
    "gaps": (draw.gaps, GAPS, draw._gaps_figure),
    "trend": (draw.trend, TREND, trendline.trend_figure),
    "flow": (draw.flow, FLOW, draw._flow_figure),
    "coverage": (draw.coverage, COVERAGE, draw._coverage_figure),
}
every_chart = pytest.mark.parametrize("name", CHARTS)
both_widths = pytest.mark.parametrize("width", [canvas.WIDE, canvas.NARROW])


def found(drawn: Picture, kind: type, label: str) -> list:
    return [mark for mark in drawn.marks if isinstance(mark, kind) and mark.label == label]


def share(drawn: Picture, x: float) -> float:
    """Which share stands at this place, by the level lines that run from 0 to 100 %."""
    level = next(
        line for line in found(drawn, Line, "grid") if line.points[0][1] == line.points[1][1]
    )
    (start, _), (end, _) = level.points
    return round((x - start) / (end - start), 9)


def marks(drawn: Picture, label: str) -> list[float]:
    return [share(drawn, marker.x) for marker in found(drawn, Marker, label)]


def stretches(drawn: Picture, label: str) -> list[tuple[float, ...]]:
    return [tuple(share(drawn, x) for x, _ in line.points) for line in found(drawn, Line, label)]


def points(drawn: Picture, told: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Years and rates of places in a trend, by its words at the left and below."""
    years = {int(text.text): text.x for text in drawn.texts if re.fullmatch(r"20\d\d", text.text)}
    rates = {
        int(text.text[:-1]) / 100: text.y
        for text in drawn.texts
        if text.text[-1:] == "%" and text.anchor == "right"
    }
    return [(turned(years, x), turned(rates, y)) for x, y in told]


def turned(scale: dict[float, float], place: float) -> float:
    (first, start), *_, (last, end) = scale.items()
    return round(first + (last - first) * (place - start) / (end - start), 6)


def reach(text: Text) -> tuple[float, float]:
    width = letters.text_width(text.text, text.size, "bold" if text.bold else "normal")
    start = text.x - {"left": 0.0, "center": 0.5, "right": 1.0}[text.anchor] * width
    return start, start + width


def words(drawn: Picture) -> list[str]:
    return [text.text.replace("\u00a0", " ") for text in drawn.texts]


@both_widths
def test_pathway_draws_the_rates_and_intervals_it_was_given(width: int) -> None:
    drawn = draw._pathway_figure(PATHWAY, width)
    assert marks(drawn, "rate") == [0.61, 0.72, 0.48, 1.0]
    assert stretches(drawn, "interval") == [(0.52, 0.69), (0.68, 0.76), (0.43, 0.53), (0.97, 1.0)]
    shown = [word for word in words(drawn) if word in {"61%", "72%", "48%", "hidden"}]
    assert shown == ["61%", "72%", "48%", "hidden"]
    assert [word for word in words(drawn) if word in set(PATHWAY["step"])] == [
        "Years 0–3", "Years 7–8", "Leavers",
    ]  # fmt: skip


@both_widths
def test_marks_stand_in_the_row_of_their_words(width: int) -> None:
    drawn = draw._pathway_figure(PATHWAY, width)
    values = {text.text: text.y for text in drawn.texts if text.bold}
    for marker, rate in zip(
        found(drawn, Marker, "rate"), ["61%", "72%", "48%", "100%"], strict=True
    ):
        assert marker.y == values[rate]
    for line, rate in zip(
        found(drawn, Line, "interval"), ["61%", "72%", "48%", "100%"], strict=True
    ):
        assert {y for _, y in line.points} == {values[rate]}


@both_widths
def test_gaps_show_group_and_others_by_shape_not_only_by_colour(width: int) -> None:
    drawn = draw._gaps_figure(GAPS, width)
    assert marks(drawn, "rate") == [0.74, 0.36, 0.08]
    assert marks(drawn, "reference") == [0.66, 0.52, 0.78, 0.63]
    assert stretches(drawn, "difference") == [(0.74, 0.66), (0.36, 0.52), (0.08, 0.63)]
    rates, others = found(drawn, Marker, "rate"), found(drawn, Marker, "reference")
    assert {(one.shape, one.filled) for one in rates} == {("circle", True)}
    assert [one.colour for one in rates] == [canvas.NAVY, canvas.PLUM, canvas.PLUM]
    assert {(one.shape, one.filled) for one in others} == {("diamond", False)}


def test_gaps_keep_the_order_given_and_name_the_directions() -> None:
    drawn = draw._gaps_figure(GAPS, canvas.WIDE)
    heights = [marker.y for marker in found(drawn, Marker, "reference")]
    assert heights == sorted(heights)
    assert [w for w in words(drawn) if w in {"Successes", "Hurdles"}] == ["Successes", "Hurdles"]
    alone = draw._gaps_figure(GAPS[GAPS["direction"] == "hurdle"], canvas.WIDE)
    assert "Hurdles" not in words(alone)


def test_trend_never_joins_years_across_a_changed_yardstick_or_a_hidden_number() -> None:
    drawn = trendline.trend_figure(TREND, canvas.WIDE)
    markers = [(marker.x, marker.y) for marker in found(drawn, Marker, "Māori")]
    assert points(drawn, markers) == [
        (2020, 0.52), (2022, 0.54), (2023, 0.55), (2024, 0.56), (2025, 0.57),
    ]  # fmt: skip
    lines = [points(drawn, list(line.points)) for line in found(drawn, Line, "Māori")]
    assert lines == [[(2023, 0.55), (2024, 0.56), (2025, 0.57)]]
    others = [points(drawn, list(line.points)) for line in found(drawn, Line, "European/Pākehā")]
    assert [[year for year, _ in line] for line in others] == [
        [2020, 2021, 2022],
        [2023, 2024, 2025],
    ]
    (changed,) = found(drawn, Line, "break")
    assert [year for year, _ in points(drawn, list(changed.points))] == [2022.5, 2022.5]
    assert {"yardstick changed", "Māori 57%", "Hidden: Māori 2021"} <= set(words(drawn))


@both_widths
def test_trend_draws_the_intervals_it_was_given(width: int) -> None:
    drawn = trendline.trend_figure(TREND, width)
    first, *_ = [points(drawn, list(line.points)) for line in found(drawn, Line, "interval")]
    assert first == [(2020, 0.47), (2020, 0.57)]
    assert len(found(drawn, Line, "interval")) == len(TREND)


def test_trend_without_break_or_hidden_number_is_one_line() -> None:
    whole = TREND.assign(break_after=False, rate=TREND["rate"].fillna(0.5))
    drawn = trendline.trend_figure(whole, canvas.WIDE)
    assert [len(line.points) for line in found(drawn, Line, "Māori")] == [6]
    assert "yardstick changed" not in words(drawn)


def test_trend_series_keep_their_order_and_differ_in_shape() -> None:
    # The first series of the table has no number in the first year: it is the first all the same.
    late = TREND[(TREND["series"] != "Māori") | (TREND["year"] > 2021)]
    for table in (TREND, late, late.sample(frac=1, random_state=3)):
        drawn = trendline.trend_figure(table, canvas.WIDE)
        first, second = table["series"].drop_duplicates()
        (shape,) = {one.shape for one in found(drawn, Marker, first)}
        (other,) = {one.shape for one in found(drawn, Marker, second)}
        assert (shape, other) == ("circle", "square")
        keys = {one.shape: one.y for one in found(drawn, Marker, "key")}
        names = {text.text.split("\u00a0")[0].split(" ")[0]: text.y for text in drawn.texts}
        assert keys == {"circle": names[first], "square": names[second]}


@both_widths
def test_flow_draws_the_same_learners_before_and_after(width: int) -> None:
    drawn = draw._flow_figure(FLOW, width)
    assert marks(drawn, "before") == [0.72, 0.55]
    assert marks(drawn, "after") == [0.58]
    assert marks(drawn, "ordinary") == [0.69, 0.52]
    assert stretches(drawn, "difference") == [(0.72, 0.58)]
    assert "hidden" in words(drawn)


def test_coverage_bars_are_as_long_as_their_shares() -> None:
    drawn = draw._coverage_figure(COVERAGE, canvas.WIDE)
    ends = [
        (share(drawn, bar.x), share(drawn, bar.x + bar.width)) for bar in found(drawn, Bar, "share")
    ]
    assert ends == [(0, 0.87), (0, 0.31)]
    assert {"assessed 87%", "assessed 31%", "hidden"} <= set(words(drawn))


@every_chart
@both_widths
def test_no_text_leaves_the_picture_or_is_small(name: str, width: int) -> None:
    _, table, build = CHARTS[name]
    drawn = build(table, width)
    for text in drawn.texts:
        start, end = reach(text)
        assert start >= -0.5, text.text
        assert end <= width + 0.5, text.text
        assert text.size >= 12
        assert text.size / 2 <= text.y <= drawn.height - text.size / 2


@every_chart
@both_widths
def test_no_texts_cover_one_another(name: str, width: int) -> None:
    _, table, build = CHARTS[name]
    boxes = [(*reach(text), text.y, text.text) for text in build(table, width).texts if text.text]
    for i, (a, b, y, one) in enumerate(boxes):
        for c, d, z, other in boxes[:i]:
            assert b <= c or d <= a or abs(y - z) >= 10, (one, other)


@every_chart
@both_widths
def test_no_mark_leaves_the_picture(name: str, width: int) -> None:
    _, table, build = CHARTS[name]
    drawn = build(table, width)
    for mark in drawn.marks:
        if isinstance(mark, Line):
            reached = list(mark.points)
        elif isinstance(mark, Bar):
            reached = [(mark.x, mark.y), (mark.x + mark.width, mark.y + mark.height)]
        else:
            half = mark.size * (0.5**0.5 if mark.shape == "diamond" else 0.5)
            reached = [(mark.x - half, mark.y - half), (mark.x + half, mark.y + half)]
        assert all(0 <= x <= width and 0 <= y <= drawn.height for x, y in reached), mark


@every_chart
def test_the_same_table_gives_the_same_small_bytes(name: str) -> None:
    make, table, _ = CHARTS[name]
    first, second = make(table), make(table.copy())
    assert first == second
    for drawn in (first.wide, first.narrow):
        assert len(drawn) < 4_000
        assert not re.search(rb"DOCTYPE|<metadata| id=|20\d\d-\d\d|\.\d\d", drawn)
        ElementTree.fromstring(drawn)
    root = ElementTree.fromstring(first.wide)
    assert float(root.get("width", "")) == first.width == 720
    assert float(root.get("height", "")) == first.height
    assert float(ElementTree.fromstring(first.narrow).get("width", "")) == 340


@both_widths
def test_a_trade_off_has_each_way_where_it_is_and_the_most_as_a_line(width: int) -> None:
    drawn = tradeoff.tradeoff_figure(TRADE_OFF, width)
    right = {t.text: t.y for t in drawn.texts if t.anchor == "right"}
    below = {t.text: t.x for t in drawn.texts if t.anchor == "center"}

    def told(x: float, y: float) -> tuple[float, float]:
        moved = (x - below["0"]) / (below["12"] - below["0"]) * 12
        reached = (y - right["0"]) / (right["60"] - right["0"]) * 60
        return round(moved, 6), round(reached, 6)

    ways = TRADE_OFF[TRADE_OFF["way"] != ""]
    for way, moved, reached in ways.itertuples(index=False):
        (mark,) = found(drawn, Marker, way)
        assert told(mark.x, mark.y) == (moved, reached)
    (line,) = found(drawn, Line, "best")
    assert [told(*point) for point in line.points] == [(0, 32), (3, 40), (9, 41)]
    shapes = {
        (mark.shape, mark.colour) for way in ways["way"] for mark in found(drawn, Marker, way)
    }
    assert len(shapes) == 4


def test_descriptions_say_the_numbers_and_what_is_hidden() -> None:
    assert draw.pathway(PATHWAY).alt == (
        "Dot chart with intervals: share of learners who succeed, 5 results in 3 steps of the "
        "pathway. Highest: University Entrance, Leavers, 100%; lowest: Writing: teacher "
        "judgement, Years 7–8, 48%. 1 mark is hidden because too few learners are counted."
    )
    assert draw.trade_off(TRADE_OFF).alt == (
        "Line with marks: learners reached by 4 ways of sharing, against units moved from equal shares. "
        "Equal shares: 32 reached, 0 units moved; By roll: 36 reached, 5 units moved; By learners to "
        "shift: 41 reached, 9 units moved; By reach: 41 reached, 9 units moved. At most are reached: 32 "
        "with 0 units moved, 41 with 9 units moved."
    )
    assert draw.gaps(GAPS, reference="Learners like them").alt == (
        "Dumbbell chart: 4 groups, each beside learners like them. Largest difference: Boys · "
        "Attending more than 90 % of half-days, 8% against 63%. 1 mark is hidden because too "
        "few learners are counted."
    )
    assert draw.trend(TREND).alt == (
        "Line chart: 2 series, 2020 to 2025. Māori: 52% in 2020, 57% in 2025. European/Pākehā: "
        "53% in 2020, 58% in 2025. The yardstick changed after 2022; the lines are broken "
        "there. 1 mark is hidden because too few learners are counted."
    )
    assert draw.flow(FLOW).alt == (
        "Dumbbell chart: rate of the same learners before and after 2 steps. Largest change: "
        "Year 6 → Year 7, from 72% to 58% where 69% is usual. 1 mark is hidden because too "
        "few learners are counted."
    )
    assert draw.coverage(COVERAGE, what="surveyed").alt == (
        "Bar chart: share of learners surveyed, 3 bars. Highest: Reading, 87%; lowest: Phonics "
        "after 40 weeks, 31%. 1 mark is hidden because too few learners are counted."
    )


@pytest.mark.parametrize("name", [name for name in CHARTS if name != "trade-off"])
def test_a_chart_of_hidden_numbers_still_stands_and_says_so(name: str) -> None:
    make, table, _ = CHARTS[name]
    numbers = table.columns.intersection(
        ["rate", "low", "high", "reference", "before", "after", "ordinary", "share"]
    )
    chart = make(table.assign(**dict.fromkeys(numbers, NAN)))
    assert "All marks are hidden" in chart.alt
    assert "nan" not in chart.wide.decode() + chart.alt


@every_chart
def test_an_empty_table_or_a_missing_column_is_refused(name: str) -> None:
    make, table, _ = CHARTS[name]
    with pytest.raises(ReportError, match="no rows"):
        make(table.iloc[:0])
    with pytest.raises(ReportError, match=f"also {table.columns[-1]}"):
        make(table.iloc[:, :-1])


def shapes(*marks: picture.Mark) -> list[tuple[str, dict[str, str]]]:
    root = ElementTree.fromstring(picture.svg(Picture(100, 100, marks)))
    return [(part.get("d", ""), dict(part.attrib)) for part in root.iter(f"{SVG}path")]


def test_lines_that_look_alike_are_one_path() -> None:
    level = Line("a", ((1, 2.04), (30.06, 2)), "#111111")
    upright = Line("b", ((-0.04, 2), (0, 9)), "#111111")
    bent = Line("c", ((1, 1), (2, 5), (3, 5)), "#222222", 2, 0.5, dashed=True)
    (one, _), (other, looks) = shapes(level, upright, bent)
    assert one == "M1,2H30.1M0,2V9"
    assert other == "M1,1L2,5H3"
    assert looks["stroke"] == "#222222"
    assert (looks["stroke-width"], looks["opacity"]) == ("2", "0.5")
    assert "stroke-dasharray" in looks


@pytest.mark.parametrize("shape", ["circle", "square", "triangle", "diamond"])
@pytest.mark.parametrize("filled", [True, False])
def test_a_marker_stands_around_its_point_and_is_as_large_as_it_says(
    shape: picture.Shape, filled: bool
) -> None:
    ((path, looks),) = shapes(Marker("a", 50, 40, shape, "#111111", 10, filled))
    corners = walked(path)
    rim = 0 if filled else float(looks["stroke-width"])
    width = max(x for x, _ in corners) - min(x for x, _ in corners)
    if shape == "diamond":
        assert width + rim * 2**0.5 == pytest.approx(10 * 2**0.5, abs=0.2)
    else:
        assert width + rim == pytest.approx(10)
    for axis, middle in ((0, 50), (1, 40)):
        places = [corner[axis] for corner in corners]
        assert (max(places) + min(places)) / 2 == pytest.approx(middle, abs=0.1)
    assert looks["fill"] == ("#111111" if filled else "#fff")


def test_outlines_of_one_path_cut_no_holes_in_one_another() -> None:
    marks = [Marker("a", 50, 40, shape, "#111111", 10) for shape in picture._OUTLINES]
    for mark in [*marks, Bar("a", 40, 30, 20, 20, "#111111")]:
        corners = walked(mark.path)
        turns = [
            a * d - c * b for (a, b), (c, d) in zip(corners, corners[1:] + corners[:1], strict=True)
        ]
        # Twice the area is positive clockwise, where y grows downwards; a circle is two arcs.
        assert sum(turns) > 0 or mark.path.count(",0,1,1,") == 2


def walked(path: str) -> list[tuple[float, float]]:
    """The corners of an outline; a half circle is walked to its end alone."""
    x = y = 0.0
    corners = []
    for step, told in re.findall(r"([A-Za-z])([^A-Za-z]*)", path.removesuffix("z")):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", told)]
        if step in "hv":
            x, y = (x + numbers[0], y) if step == "h" else (x, y + numbers[0])
            corners.append((x, y))
            continue
        numbers = numbers[5:] if step == "a" else numbers
        for across, down in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = (across, down) if step == "M" else (x + across, y + down)
            corners.append((x, y))
    return corners


@pytest.mark.parametrize(
    ("anchor", "told"), [("left", None), ("center", "middle"), ("right", "end")]
)
def test_a_text_is_written_at_its_place(anchor: picture.Anchor, told: str | None) -> None:
    texts = (
        Text("Māori & <b>", 100, 20, 14, True, anchor),
        Text("", 1, 1, 14),
        Text("b", 1, 2, 13),
    )
    root = ElementTree.fromstring(picture.svg(Picture(canvas.WIDE, 60, (), texts)))
    first, second = root.iter(f"{SVG}text")
    assert (first.text, second.text) == ("Māori & <b>", "b")
    assert float(first.get("x", "")) == 100
    # A little below the middle, so that letters without a descent stand around it.
    assert 20 + 14 / 5 < float(first.get("y", "")) < 20 + 14 / 3
    looks = next(group for group in root.iter(f"{SVG}g") if first in group)
    assert looks.get("text-anchor") == told
    assert (looks.get("font-size"), looks.get("font-weight")) == ("14", "700")


@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_widths_of_letters_are_those_of_the_font(weight: str) -> None:
    path = resources.files("colanalysis") / "reference" / "letter_widths.csv"
    with path.open(encoding="utf-8") as lines:
        known = [row["letter"] for row in csv.DictReader(lines)]
    assert len(known) == len(set(known))
    for letter in [*known, *"āēīōūĀĒĪŌŪéñçÅ", "\u00a0", "a\u0304"]:
        # Matplotlib reads the letters of the font file.
        expected = measured(letter, weight)
        assert letters.text_width(letter, 1000, weight) == pytest.approx(expected, abs=0.6)


@pytest.mark.parametrize("weight", ["normal", "bold"])
@pytest.mark.parametrize("text", [LONG, "Te Kura o Ngā Wai Rere", "Years 0–3 → Years 4–6", "63%"])
def test_a_text_is_no_narrower_than_in_the_font_and_hardly_wider(text: str, weight: str) -> None:
    width, expected = letters.text_width(text, 1000, weight), measured(text, weight)
    # Pairs of letters like "Te" stand nearer together in the font.
    assert expected - 5 <= width <= expected * 1.04


def measured(text: str, weight: str) -> float:
    font = FontProperties(family="DejaVu Sans", weight=weight, size=1000)
    return text_to_path.get_text_width_height_descent(text, font, False)[0]


@pytest.mark.parametrize("letter", ["学", "校", "Ａ", "한", "😀", "か"])
def test_a_letter_of_other_scripts_has_room(letter: str) -> None:
    assert unicodedata.east_asian_width(letter) in "WF"
    assert letters.text_width(letter, 10) == 10


def test_labels_are_taken_as_text() -> None:
    label = "Boys & <b>girls</b> $x_1$ and $y$ 学校 ngā"
    drawn = draw.coverage(COVERAGE.assign(label=label)).wide
    shown = "".join(ElementTree.fromstring(drawn).itertext()).replace("\u00a0", " ")
    assert re.sub(r"\s", "", label) in re.sub(r"\s", "", shown)


def test_five_series_are_refused() -> None:
    five = pd.concat([TREND.assign(series=f"{i}") for i in range(5)])
    with pytest.raises(ReportError, match="at most 4"):
        draw.trend(five)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.125, "13%"), (0.285, "29%"), (0.004, "0%"), (1.0, "100%"), (NAN, "hidden")],
)
def test_percent_rounds_halves_up(share: float, text: str) -> None:
    assert canvas.percent(share) == text


@given(st.text(alphabet="abc ·/–78", max_size=60), st.integers(30, 300))
def test_wrapping_loses_no_word(text: str, room: int) -> None:
    lines = letters.wrap(text, room, 13)
    kept = re.sub(r"\s", "", "".join(lines))
    assert kept == re.sub(r"\s", "", text)


def test_long_labels_wrap_with_the_dot_at_the_end_of_a_line() -> None:
    lines = [line.replace("\u00a0", " ") for line in letters.wrap(LONG, 236, 14)]
    assert lines == ["Pacific Peoples · Writing: teacher", "judgement · Years 7–8"]
    for room in range(60, 300, 3):
        assert not any(line.startswith("·") for line in letters.wrap(LONG, room, 14))


@given(
    st.lists(st.tuples(st.floats(0, 250), st.floats(10, 40)), min_size=1, max_size=4),
)
def test_end_labels_never_cover_one_another(boxes: list[tuple[float, float]]) -> None:
    boxes = sorted(boxes)
    sizes = [size for _, size in boxes]
    placed = ends.apart([middle for middle, _ in boxes], sizes, (0, 250))
    for i in range(1, len(placed)):
        assert placed[i] - placed[i - 1] >= (sizes[i] + sizes[i - 1]) / 2 - 1e-6
    assert placed[-1] <= 250 + 1e-6


def test_a_share_told_in_words_is_told_so_and_not_as_hidden():
    table = pd.DataFrame(
        {
            "label": ["A", "B", "C"], "rate": [0.5, NAN, NAN], "reference": 0.4, "low": 0.3,
            "high": 0.5, "direction": "success", "words": ["hidden", "nearly all", "hidden"],
        }
    )  # fmt: skip
    told = draw.gaps(table)
    assert b"nearly all" in told.wide
    assert b"hidden" in told.wide
    assert "B: nearly all." in told.alt
    assert "1 mark is hidden" in told.alt
    assert b"nearly all" not in draw.gaps(table.drop(columns="words")).wide
