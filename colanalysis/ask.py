"""Ask: what a notebook can be told as a form, made from the notebook's own cell of parameters."""

from __future__ import annotations

import html
from pathlib import Path

import ipywidgets as widgets

from colanalysis.errors import ColanalysisError
from colanalysis.executing import execute, notebooks, parameters
from colanalysis.executing.parameters import Parameter

__all__ = ["notebook"]

_ROOM = widgets.Layout(width="28em")


def notebook(name: str, *, out: Path | str) -> widgets.VBox:
    """Ask for the parameters of one of the project's notebooks, and run it into a file of its own.

    ``out``: where the notebook with its results is written, whole or not at all. What does not fit is
    told beside the button, and nothing is run then. UsageError where there is no such notebook.
    """
    path, out = notebooks.named(name), Path(out)
    known = parameters.declared(path)
    fields = {one.name: _field(one) for one in known.values()}
    button, said = widgets.Button(description="Run"), widgets.HTML()

    def run(_button: widgets.Button) -> None:
        button.disabled, said.value = True, "Running …"
        try:
            texts = {one: str(field.value) for one, field in fields.items()}
            execute.write(path, parameters.from_texts(path, texts), out)
        except ColanalysisError as error:
            said.value = html.escape(str(error))
        else:
            said.value = f"Written: {html.escape(str(out))}"
        finally:
            button.disabled = False

    button.on_click(run)
    asked = [widgets.VBox([field, widgets.Label(known[one].help)]) for one, field in fields.items()]
    return widgets.VBox([*asked, button, said])


def _field(one: Parameter) -> widgets.ValueWidget:
    """A field that takes no more than the parameter does; ranges of numbers are looked at when it runs."""
    if one.type == "bool":
        return widgets.Checkbox(description=one.name, value=one.default, layout=_ROOM)
    if one.type == "str" and one.allowed:
        choices = list(one.allowed)
        return widgets.Dropdown(
            description=one.name, options=choices, value=one.default, layout=_ROOM
        )
    kinds = {"int": widgets.IntText, "float": widgets.FloatText, "str": widgets.Text}
    return kinds[one.type](description=one.name, value=one.default, layout=_ROOM)
