"""Explore: choose a step, a measure, a group and a year, and see table and chart change together.

For the data lead, in JupyterLab, on exact counts. The widget only listens: ``view`` makes the table
and ``picture`` the chart, and both work without it.
"""

from __future__ import annotations

from collections.abc import Mapping

import ipywidgets as widgets
import pandas as pd
from IPython.display import display
from matplotlib.figure import Figure

from colanalysis import describe, estimate, labels, measure
from colanalysis.settings import Community

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
    table = measure.groups(rows, deepest=1)
    chosen = table["group"].str.startswith(f"{attribute}=") if attribute else table["group"] == ""
    summed = table[chosen].groupby(["group", "year"])[["n", "n_success"]].sum().reset_index()
    low, high = estimate.wilson(summed["n"].to_numpy(), summed["n_success"].to_numpy())
    return summed.assign(rate=summed["n_success"] / summed["n"], low=low, high=high)


def picture(table: pd.DataFrame, *, title: str) -> Figure:
    """Draw a view: the share who succeed by year, a line and marker of its own for every group."""
    import seaborn as sns

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    if len(table):
        named = table.assign(group=table["group"].map(describe.group_label))
        sns.lineplot(
            named, x="year", y="rate", hue="group", style="group", markers=True, dashes=False,
            palette="dark", ax=axes,
        )  # fmt: skip
        for row in named.itertuples():
            axes.vlines(row.year, row.low, row.high, color="0.7", linewidth=1, zorder=0)
        axes.set_xticks(sorted(named["year"].unique()))
        sns.move_legend(axes, "upper left", bbox_to_anchor=(1, 1), title="", frameon=False)
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
    out = widgets.Output()

    def follow(_change: Mapping[str, object] | None = None) -> None:
        chosen = {name: choice.value for name, choice in choices.items()}
        table = view(counted, **chosen)
        label = community.measures[chosen["measure_id"]].label
        with out:
            out.clear_output(wait=True)
            if table.empty:
                display("No results there: choose another step or year.")
                return
            display(picture(table, title=label))
            display(table.assign(group=table["group"].map(describe.group_label)).round(3))

    for choice in choices.values():
        choice.observe(follow, names="value")
    follow()
    return widgets.VBox([widgets.HBox(list(choices.values())), out])


def _choice(name: str, options: Mapping[str, object]) -> widgets.Dropdown:
    return widgets.Dropdown(description=name, options=list(options.items()))
