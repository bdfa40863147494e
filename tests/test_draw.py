from __future__ import annotations

import io
import math
import re
from xml.etree import ElementTree

import matplotlib
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from colanalysis import draw
from colanalysis.drawing import canvas, trendline
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
CHARTS = {
    "pathway": (draw.pathway, PATHWAY, draw._pathway_figure),
    "gaps": (draw.gaps, GAPS, draw._gaps_figure),
    "trend": (draw.trend, TREND, trendline.trend_figure),
    "flow": (draw.flow, FLOW, draw._flow_figure),
    "coverage": (draw.coverage, COVERAGE, draw._coverage_figure),
}
every_chart = pytest.mark.parametrize("name", CHARTS)
both_widths = pytest.mark.parametrize("width", [canvas.WIDE, canvas.NARROW])


def marks(figure: Figure, label: str) -> list[float]:
    lines = [line for line in figure.axes[0].lines if line.get_label() == label]
    return [float(x) for line in lines for x in line.get_xdata()]


def stretches(figure: Figure, label: str) -> list[tuple[float, float]]:
    found = [c for c in figure.axes[0].collections if c.get_label() == label]
    return [(float(s[0, 0]), float(s[-1, 0])) for c in found for s in c.get_segments()]


def words(figure: Figure) -> list[str]:
    return [text.get_text().replace("\u00a0", " ") for text in figure.texts]


@both_widths
def test_pathway_draws_the_rates_and_intervals_it_was_given(width: int) -> None:
    figure = draw._pathway_figure(PATHWAY, width)
    assert marks(figure, "rate") == [0.61, 0.72, 0.48, 1.0]
    assert stretches(figure, "interval") == [(0.52, 0.69), (0.68, 0.76), (0.43, 0.53), (0.97, 1.0)]
    shown = [word for word in words(figure) if word in {"61%", "72%", "48%", "hidden"}]
    assert shown == ["61%", "72%", "48%", "hidden"]
    assert [word for word in words(figure) if word in set(PATHWAY["step"])] == [
        "Years 0–3", "Years 7–8", "Leavers",
    ]  # fmt: skip


@both_widths
def test_gaps_show_group_and_others_by_shape_not_only_by_colour(width: int) -> None:
    figure = draw._gaps_figure(GAPS, width)
    assert marks(figure, "rate") == [0.74, 0.36, 0.08]
    assert marks(figure, "reference") == [0.66, 0.52, 0.78, 0.63]
    assert stretches(figure, "difference") == [(0.74, 0.66), (0.36, 0.52), (0.08, 0.63)]
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    assert lines["rate"].get_marker() == "o"
    assert lines["rate"].get_markerfacecolor() == canvas.PLUM
    assert lines["reference"].get_marker() == "D"
    assert lines["reference"].get_markerfacecolor() == "white"


def test_gaps_keep_the_order_given_and_name_the_directions() -> None:
    figure = draw._gaps_figure(GAPS, canvas.WIDE)
    reference = next(line for line in figure.axes[0].lines if line.get_label() == "reference")
    assert list(reference.get_ydata()) == sorted(reference.get_ydata())
    assert [w for w in words(figure) if w in {"Successes", "Hurdles"}] == ["Successes", "Hurdles"]
    alone = draw._gaps_figure(GAPS[GAPS["direction"] == "hurdle"], canvas.WIDE)
    assert "Hurdles" not in words(alone)


def test_trend_never_joins_years_across_a_changed_yardstick() -> None:
    figure = trendline.trend_figure(TREND, canvas.WIDE)
    lines = [line for line in figure.axes[0].lines if line.get_label() == "Māori"]
    assert [list(map(int, line.get_xdata())) for line in lines] == [
        [2020, 2021, 2022],
        [2023, 2024, 2025],
    ]
    rates = [float(y) for line in lines for y in line.get_ydata()]
    assert rates == pytest.approx([0.52, NAN, 0.54, 0.55, 0.56, 0.57], nan_ok=True)
    assert marks(figure, "break") == [2022.5, 2022.5]
    assert {"yardstick changed", "Māori 57%", "Hidden: Māori 2021"} <= set(words(figure))


def test_trend_without_break_is_one_line() -> None:
    figure = trendline.trend_figure(TREND.assign(break_after=False), canvas.WIDE)
    assert sum(line.get_label() == "Māori" for line in figure.axes[0].lines) == 1
    assert "yardstick changed" not in words(figure)


def test_trend_series_differ_in_shape() -> None:
    figure = trendline.trend_figure(TREND, canvas.WIDE)
    shapes = {line.get_label(): line.get_marker() for line in figure.axes[0].lines}
    assert shapes["Māori"] != shapes["European/Pākehā"]


@both_widths
def test_flow_draws_the_same_learners_before_and_after(width: int) -> None:
    figure = draw._flow_figure(FLOW, width)
    assert marks(figure, "before") == [0.72, 0.55]
    assert marks(figure, "after") == [0.58]
    assert marks(figure, "ordinary") == [0.69, 0.52]
    assert stretches(figure, "difference") == [(0.72, 0.58)]
    assert "hidden" in words(figure)


def test_coverage_bars_are_as_long_as_their_shares() -> None:
    figure = draw._coverage_figure(COVERAGE, canvas.WIDE)
    assert [patch.get_width() for patch in figure.axes[0].patches] == [0.87, 0.31]
    assert {"assessed 87%", "assessed 31%", "hidden"} <= set(words(figure))


@every_chart
@both_widths
def test_no_text_leaves_the_picture_or_is_small(name: str, width: int) -> None:
    _, table, build = CHARTS[name]
    figure = build(table, width)
    for text in figure.texts:
        reach = canvas.text_width(text.get_text(), text.get_fontsize(), text.get_fontweight())
        x = text.get_position()[0] * width
        start = x - {"left": 0.0, "center": 0.5, "right": 1.0}[text.get_ha()] * reach
        assert start >= -0.5, text.get_text()
        assert start + reach <= width + 0.5, text.get_text()
        assert text.get_fontsize() >= 12
        assert 0 < text.get_position()[1] < 1


@every_chart
@both_widths
def test_no_texts_cover_one_another(name: str, width: int) -> None:
    _, table, build = CHARTS[name]
    figure = build(table, width)
    height = figure.get_figheight() * 72
    boxes = []
    for text in figure.texts:
        reach = canvas.text_width(text.get_text(), text.get_fontsize(), text.get_fontweight())
        x, y = text.get_position()
        start = x * width - {"left": 0.0, "center": 0.5, "right": 1.0}[text.get_ha()] * reach
        boxes.append((start, start + reach, y * height, text.get_text()))
    for i, (a, b, y, one) in enumerate(boxes):
        for c, d, z, other in boxes[:i]:
            assert b <= c or d <= a or abs(y - z) >= 10, (one, other)


@every_chart
def test_the_same_table_gives_the_same_small_bytes(name: str) -> None:
    make, table, _ = CHARTS[name]
    first, second = make(table), make(table.copy())
    assert first == second
    for picture in (first.wide, first.narrow):
        assert len(picture) < 30_000
        assert not re.search(rb"matplotlib|DOCTYPE|<metadata|20\d\d-\d\d", picture)
        ElementTree.fromstring(picture)
    root = ElementTree.fromstring(first.wide)
    assert float(root.get("width", "")) == first.width == 720
    assert float(root.get("height", "")) == pytest.approx(first.height, abs=0.5)
    assert float(ElementTree.fromstring(first.narrow).get("width", "")) == 340


def test_descriptions_say_the_numbers_and_what_is_hidden() -> None:
    assert draw.pathway(PATHWAY).alt == (
        "Dot chart with intervals: share of learners who succeed, 5 results in 3 steps of the "
        "pathway. Highest: University Entrance, Leavers, 100%; lowest: Writing: teacher "
        "judgement, Years 7–8, 48%. 1 mark is hidden because too few learners are counted."
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


@every_chart
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


@pytest.mark.parametrize("ha", ["left", "center", "right"])
def test_a_text_stands_where_matplotlib_would_put_it(ha: str) -> None:
    figure, _ = canvas.blank(canvas.WIDE, 60, left=0, right=1)
    canvas.write(figure, 100, 20, "Māori & <b>", bold=True, ha=ha)
    out = io.StringIO()
    with matplotlib.rc_context(canvas._RC):
        FigureCanvasSVG(figure).print_svg(out)
    expected = next(ElementTree.fromstring(out.getvalue()).iter(f"{SVG}text"))
    picture = ElementTree.fromstring(canvas.chart(lambda _: figure, alt="a").wide)
    (found,) = picture.iter(f"{SVG}text")
    assert found.text == expected.text == "Māori & <b>"
    assert float(found.get("x")) == pytest.approx(float(expected.get("x")))
    assert float(found.get("y")) == pytest.approx(float(expected.get("y")), abs=0.5)
    assert f"text-anchor: {found.get('text-anchor')}" in expected.get("style")
    assert f"font-size: {found.get('font-size')}" in expected.get("style")
    assert found.get("font-weight") == "700"


def test_labels_are_taken_as_text() -> None:
    label = "Boys & <b>girls</b> $x_1$ and $y$ 学校 ngā"
    picture = draw.coverage(COVERAGE.assign(label=label)).wide
    shown = "".join(ElementTree.fromstring(picture).itertext()).replace("\u00a0", " ")
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
    lines = canvas.wrap(text, room, 13)
    kept = re.sub(r"\s", "", "".join(lines))
    assert kept == re.sub(r"\s", "", text)


def test_long_labels_wrap_with_the_dot_at_the_end_of_a_line() -> None:
    lines = [line.replace("\u00a0", " ") for line in canvas.wrap(LONG, 236, 14)]
    assert lines == ["Pacific Peoples · Writing: teacher", "judgement · Years 7–8"]
    for room in range(60, 300, 3):
        assert not any(line.startswith("·") for line in canvas.wrap(LONG, room, 14))


@given(
    st.lists(st.tuples(st.floats(0, 250), st.floats(10, 40)), min_size=1, max_size=4),
)
def test_end_labels_never_cover_one_another(boxes: list[tuple[float, float]]) -> None:
    boxes = sorted(boxes)
    sizes = [size for _, size in boxes]
    placed = trendline.apart([middle for middle, _ in boxes], sizes, (0, 250))
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
