"""Explore: choose a step, a measure, a group and a year, and see table and chart change together.

For the data lead, in JupyterLab, on exact counts. The widget only listens: ``view`` makes the table
and ``picture`` the chart, and both work without it. In the same way ``profile_form`` only asks which
column of an export is which: ``starting.confirm`` masks, offers and writes. ``claim_form`` asks what
somebody knows: ``record`` writes it down.
"""

from __future__ import annotations

import html
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import pandas as pd
from matplotlib.figure import Figure

from colanalysis import describe, measure, record
from colanalysis.comparing import estimate, predict
from colanalysis.comparing.compare import Key, Panel
from colanalysis.errors import ColanalysisError
from colanalysis.starting import aliases, confirm, discover, draft
from colanalysis.terms import labels
from colanalysis.terms.schema import TABLES
from colanalysis.terms.settings import Community

ALL = "all"


def view(
    counted: pd.DataFrame, *, measure_id: str, stage: str, attribute: str, year: int | str = ALL
) -> pd.DataFrame:
    """One row per group and year: n, n_success, rate, low, high (Wilson's 95 % limits).

    ``attribute`` is "" for all learners together; ``year`` and ``stage`` may be "all".
    """
    rows = counted[counted["measure"] == measure_id]
    if stage != ALL:
        rows = rows[rows["stage"] == stage]
    if year != ALL:
        rows = rows[rows["year"] == int(year)]
    if rows.empty:
        return pd.DataFrame(columns=["group", "year", "n", "n_success", "rate", "low", "high"])
    table = measure.groups(rows)
    chosen = table["group"].str.startswith(f"{attribute}=") if attribute else table["group"] == ""
    summed = table[chosen].groupby(["group", "year"])[["n", "n_success"]].sum().reset_index()
    low, high = estimate.wilson(summed["n"].to_numpy(), summed["n_success"].to_numpy())
    return summed.assign(rate=summed["n_success"] / summed["n"], low=low, high=high)


def small_groups(
    panels: Mapping[Key, Panel], *, community: Community, measure_id: str, stage: str
) -> pd.DataFrame:
    """Every combination of groups at one step, on the latest yardstick: raw and steadied shares.

    Columns: profile, n, n_success, rate, additive (what its groups by themselves predict), meeting
    (what their meeting adds), shrunken (both). Where few learners are counted ``shrunken`` is nearer
    the truth than ``rate``.
    """
    panel = panels[max(key for key in panels if key[0] == measure_id)]
    inside = panel.within([stage], panel.years[0], panel.years[-1])
    told = predict.rates(panel, inside, spread=community.settings.smallest_spread)
    return told.sort_values(["n", "profile"], ascending=[False, True]).reset_index(drop=True)


def picture(table: pd.DataFrame, *, title: str) -> Figure:
    """Draw a view: the share who succeed by year, a line, marker and interval for every group."""
    import seaborn as sns

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    if len(table):
        named = table.assign(group=table["group"].map(describe.group_label))
        groups = list(dict.fromkeys(named["group"]))
        colours = dict(zip(groups, sns.color_palette("dark", len(groups)), strict=True))
        # Side by side within a year, so that one interval does not hide another.
        aside = {
            group: 0.06 * (place - (len(groups) - 1) / 2) for place, group in enumerate(groups)
        }
        drawn = named.assign(x=named["year"] + named["group"].map(aside))
        sns.lineplot(
            drawn, x="x", y="rate", hue="group", style="group", markers=True, dashes=False,
            palette=colours, ax=axes,
        )  # fmt: skip
        for row in drawn.itertuples():
            axes.vlines(row.x, row.low, row.high, color=colours[row.group], alpha=0.4)
        axes.set_xticks(sorted(table["year"].unique()))
        sns.move_legend(
            axes, "upper center", bbox_to_anchor=(0.5, -0.1), ncols=2, title="", frameon=False
        )
    axes.set(ylim=(0, 1), ylabel="Share who succeed", xlabel="", title=title)
    axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    return figure


def pathway(counted: pd.DataFrame, *, community: Community) -> widgets.VBox:
    """Show the choices with a table and a chart that follow them."""
    measures = {
        community.measures[name].label: name for name in sorted(counted["measure"].unique())
    }
    steps = [stage.id for stage in community.stages if stage.id in set(counted["stage"])]
    attributes = sorted(
        {part.split("=")[0] for p in counted["profile"].unique() for part in p.split(" & ") if part}
    )
    years = sorted(int(year) for year in counted["year"].unique())
    choices = {
        "measure_id": _choice("Measure", measures),
        "stage": _choice("Step", {"All steps": ALL} | {describe.stage(s): s for s in steps}),
        "attribute": _choice(
            "Group",
            {"All learners": ""} | {labels.label(f"attribute.{a}"): a for a in attributes},
        ),
        "year": _choice("Year", {"All years": ALL} | {str(year): year for year in years}),
    }
    chart, numbers = widgets.Image(format="png", width=768), widgets.HTML()

    def follow(_change: Mapping[str, object] | None = None) -> None:
        chosen = {name: choice.value for name, choice in choices.items()}
        table = view(counted, **chosen)
        chart.value = _png(picture(table, title=community.measures[chosen["measure_id"]].label))
        named = table.assign(group=table["group"].map(describe.group_label)).round(3)
        numbers.value = named.to_html(index=False, border=0)

    for choice in choices.values():
        choice.observe(follow, names="value")
    follow()
    row = widgets.HBox(list(choices.values()), layout=widgets.Layout(flex_flow="row wrap"))
    return widgets.VBox([row, chart, numbers])


def profile_form(folder: Path | str, file: str) -> widgets.VBox:
    """Ask which heading of an export is which column of ours, and keep the answers as a profile.

    What is known by its exact name is chosen already; a name that only comes near is offered as
    "perhaps". Five rows stand above, masked. DataError where the file has no line of headings.
    """
    folder = Path(folder)
    grid = discover.export(folder / file, file)
    headings = discover.named_once(grid)
    rows = widgets.HTML(confirm.preview(grid).to_html(index=False, border=0))
    table = _choice("Table", {"choose one": ""} | {name: name for name in TABLES})
    name = widgets.Text(description="Profile", value=confirm.free_name(folder, file))
    again = widgets.Checkbox(description="Replace the profile of that name")
    button, said = widgets.Button(description="Save the profile"), widgets.HTML()
    columns = widgets.VBox()

    def offer(_change: Mapping[str, object] | None = None) -> None:
        offered = confirm.choices(headings, table.value) if table.value else None
        columns.children = (
            [] if offered is None else [_column(row, table.value) for row in offered.itertuples()]
        )

    def keep(_button: widgets.Button) -> None:
        chosen = {choice.description: choice.value for choice in columns.children if choice.value}
        told = {"table": table.value, "columns": chosen, "replace": again.value}
        try:
            made = confirm.save(folder, name.value, **told)
        except ColanalysisError as error:
            said.value = html.escape(str(error))
        else:
            # A heading of our name is read whether the profile names it or not.
            lacking = aliases.lacking([*chosen.values(), *headings], table.value)
            block = html.escape(draft.source_text(file, made.stem, lacking))
            said.value = f"Saved. Write into community.toml:<pre>{block}</pre>"
            again.value = False

    table.observe(offer, names="value")
    button.on_click(keep)
    table.value = aliases.table_of(headings)
    return widgets.VBox([rows, table, columns, name, again, button, said])


def claim_form(
    community: Community, providers: pd.DataFrame, counted: pd.DataFrame
) -> widgets.VBox:
    """Ask what somebody knows, and add it to local_knowledge.csv, below what is there.

    The next report lays it beside the findings; without a yes to its being told no report tells it.
    """
    measures = {one.label: name for name, one in community.measures.items()}
    places = dict(zip(providers["name"], providers["provider_id"], strict=True))
    groups = sorted({part for p in counted["profile"].unique() for part in p.split(" & ") if part})
    roles = "Said by: a role, never a name"
    asked: dict[str, widgets.Widget] = {
        "claim": widgets.Textarea(description="Claim", placeholder="In one sentence"),
        "source": widgets.Text(description="Source", placeholder=roles),
        "direction": _choice("Direction", {"Goes well": "success", "A hurdle": "hurdle"}),
        "measure": _choice("Measure", {"none of these": ""} | measures),
        "year_levels": widgets.Text(description="Year levels", placeholder="such as 4-6"),
        "group": widgets.Combobox(description="Learners", options=groups),
        "provider_id": _choice("Place", {"the whole community": ""} | places),
        "date": widgets.DatePicker(description="Said on"),
        "consent": _choice(
            "May be told", {"not asked": "", "yes, by role": "yes: by role", "no": "no"}
        ),
    }
    button, said = widgets.Button(description="Add the claim"), widgets.HTML()

    def keep(_button: widgets.Button) -> None:
        row = {name: str(one.value) if one.value else "" for name, one in asked.items()}
        try:
            file = record.claim(community.folder, **row)
        except ColanalysisError as error:
            said.value = html.escape(str(error))
        else:
            said.value = f"Added to {html.escape(file.name)}. The next report has it."
            asked["claim"].value = ""

    button.on_click(keep)
    return widgets.VBox([*asked.values(), button, said])


def _png(figure: Figure) -> bytes:
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=144)
    return drawn.getvalue()


def _choice(name: str, options: Mapping[str, object]) -> widgets.Dropdown:
    return widgets.Dropdown(description=name, options=list(options.items()))


def _column(row: Any, table: str) -> widgets.Dropdown:
    """Offer the columns of a table for one heading, the one of its name chosen already."""
    # The reader takes a heading of our name even where no profile maps it.
    unchosen = "by its own name" if row.heading in TABLES[table].columns else "not read"
    options = {unchosen: ""} | {
        f"{ours} (perhaps)" if ours == row.perhaps else ours: ours for ours in TABLES[table].columns
    }
    if row.own and row.own not in options.values():
        options[f"{row.own} (a group of its own)"] = row.own
    choice = _choice(row.heading, options)
    choice.style.description_width = "initial"
    choice.value = row.column
    return choice
