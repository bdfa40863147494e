"""Pieces of a page for teachers: tables, charts, cards and headings as accessible HTML.

Everything that comes from data is escaped. The same content gives the same bytes and the same ids.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING
from urllib.parse import quote

from markupsafe import Markup, escape

from colanalysis import inert
from colanalysis.errors import ReportError
from colanalysis.export import notebook as export

if TYPE_CHECKING:
    import pandas as pd

    from colanalysis.drawing.canvas import Chart

__all__ = [
    "MARKS",
    "Html",
    "bullets",
    "cards",
    "definitions",
    "export",
    "figure",
    "footer",
    "heading",
    "mi",
    "notice",
    "paragraphs",
    "table",
    "words",
]

MARKS: Mapping[str, str] = {
    "c": "hidden, so that no learner can be recognised",
    "z": "does not apply",
    "x": "not available",
}
NOTICES = ("sample", "caution", "info")

_NUMBER = re.compile(r"[+−-]?\d[\d ,.\u00a0]*%?( (to|–) [+−-]?\d[\d ,.\u00a0]*%?)?")
_SHORT = 20
_PHONE = "screen and (max-width: 45rem)"


class Html(Markup):
    """A piece of a page; a notebook cell whose last line gives one shows it."""

    @classmethod
    def escape(cls, s: object) -> Html:
        """Make a text a piece of a page that is read and never obeyed."""
        return super().escape(s if hasattr(s, "__html__") else inert.text(str(s)))

    def _repr_html_(self) -> str:
        return str(self)

    def __repr__(self) -> str:
        return f"<Html: {len(self)} characters>"


def mi(text: str) -> Markup:
    """Mark a text as te reo Māori, so that screen readers can change their voice."""
    return Markup('<span lang="mi">{}</span>').format(text)


def heading(level: int, english: str, maori: str = "", *, anchor: str, first: str = "en") -> Html:
    """Give a heading in both languages, the one named by `first` ("en" or "mi") in front."""
    return Html('<h{0} id="{1}">{2}</h{0}>').format(level, anchor, _both(english, maori, first))


def paragraphs(texts: Iterable[str]) -> Html:
    """Give each text as a paragraph."""
    return _joined(Html("<p>{}</p>").format(text) for text in texts)


def bullets(texts: Iterable[str]) -> Html:
    """Give the texts as a list."""
    return Html("<ul>{}</ul>").format(_joined(Html("<li>{}</li>").format(text) for text in texts))


def definitions(pairs: Iterable[tuple[str, str]]) -> Html:
    """Give terms with what they mean."""
    rows = (Html("<div><dt>{}</dt><dd>{}</dd></div>").format(*pair) for pair in pairs)
    return Html("<dl>{}</dl>").format(_joined(rows))


def words(entries: Iterable[tuple[str, str, str]], *, first: str = "en") -> Html:
    """Give words with their te reo Māori, where it is known, and what they mean.

    A page keeps those of them by which it tells anything; `first` is as of ``heading``.
    """
    rows = (
        Html("<div><dt>{}</dt><dd>{}</dd></div>").format(_both(english, maori, first), means)
        for english, maori, means in entries
    )
    return Html('<dl class="words">{}</dl>').format(_joined(rows))


def notice(text: str, kind: str = "info") -> Html:
    """Give a banner that also stays in print; kinds are sample, caution and info."""
    if kind not in NOTICES:
        raise ReportError(
            f"found kind {kind!r}", where="notice", expected=f"one of {', '.join(NOTICES)}"
        )
    return Html('<p class="notice {}" role="note">{}</p>').format(kind, text)


def footer(texts: Iterable[str]) -> Html:
    """Give the closing lines of a page: how and from what it was made."""
    return Html("<footer>{}</footer>").format(paragraphs(texts))


def cards(items: Iterable[tuple[str, Sequence[str]]]) -> Html:
    """Give each title with its pieces as a card; plain text becomes a paragraph."""
    articles = (
        Html('<article class="card"><h3>{}</h3>{}</article>').format(
            title, _joined(part if isinstance(part, Html) else paragraphs([part]) for part in parts)
        )
        for title, parts in items
    )
    return Html('<div class="cards">{}</div>').format(_joined(articles))


def figure(
    chart: Chart,
    *,
    title: str,
    subtitle: str,
    table: Html | None = None,
    note: str = "",
    reading: str = "",
) -> Html:
    """Give a chart with its finding as title, the numbers behind it, and who is counted.

    Without a table where the text beside it has all the numbers. ``reading`` says in words how one of
    its rows is read; a page shows it beside its first chart.

    Raises
    ------
    ReportError
        The chart has no description in words.
    """
    if not chart.alt.strip():
        raise ReportError("found a chart without description", where="figure", expected="alt text")
    picture = Html(
        '<picture><source media="{}" srcset="{}">'
        '<img alt="{}" src="{}" width="{}" height="{}"></picture>'
    ).format(_PHONE, _uri(chart.narrow), chart.alt, _uri(chart.wide), chart.width, chart.height)
    return Html('<figure><h3>{}</h3><p class="subtitle">{}</p>{}{}{}{}</figure>').format(
        title,
        subtitle,
        picture,
        Html('<p class="reading"><strong>How to read this.</strong> {}</p>').format(reading)
        if reading
        else "",
        _numbers(title, table) if table else Html(""),
        Html("<figcaption>{}</figcaption>").format(note) if note else "",
    )


def _numbers(title: str, table: Html) -> Html:
    return Html(
        '<details><summary>Show the numbers<span class="unseen"> for: {}</span></summary>{}</details>'
    ).format(title, table)


def table(
    frame: pd.DataFrame,
    *,
    caption: str,
    headings: Mapping[str, str] | None = None,
    row_headers: int = 1,
    key: bool = True,
) -> Html:
    """Give a table that reads well aloud, scrolls by itself on a phone and prints whole.

    Cells are texts ready for display, or numbers; a missing cell is shown as "x", not available.
    The first `row_headers` columns name their row. `key` adds what the marks c, z and x mean.
    """
    names = [(headings or {}).get(str(name), _human(str(name))) for name in frame.columns]
    rows = [[_text(cell) for cell in row] for row in frame.itertuples(index=False, name=None)]
    kinds = [_kind([row[i] for row in rows], header=i < row_headers) for i in range(len(names))]
    pairs = zip(kinds, names, strict=True)
    head = _joined(Html('<th scope="col"{}>{}</th>').format(*pair) for pair in pairs)
    body = _joined(_row(row, kinds, row_headers) for row in rows)
    if not rows:
        body = Html('<tr><td colspan="{}">Nothing to show</td></tr>').format(len(names))
    anchor = "t-" + hashlib.sha256(f"{caption}{head}{body}".encode()).hexdigest()[:10]
    found = {cell for row in rows for cell in row[row_headers:]}
    return Html(
        '<div class="scroll" role="region" tabindex="0" aria-labelledby="{0}"><table>'
        '<caption id="{0}"><span>{1}</span></caption>'
        "<thead><tr>{2}</tr></thead><tbody>{3}</tbody></table></div>{4}"
    ).format(anchor, caption, head, body, _key(found) if key else "")


def _row(cells: Sequence[str], kinds: Sequence[Markup], row_headers: int) -> Html:
    pairs = list(zip(kinds, cells, strict=True))
    headers = (Html('<th scope="row"{}>{}</th>').format(*pair) for pair in pairs[:row_headers])
    values = (Html("<td{}>{}</td>").format(*pair) for pair in pairs[row_headers:])
    return Html("<tr>{}</tr>").format(_joined(headers) + _joined(values))


def _key(found: Collection[str]) -> Html:
    meanings = "; ".join(f"{mark}: {means}" for mark, means in MARKS.items() if mark in found)
    return Html('<p class="key">{}.</p>').format(meanings) if meanings else Html("")


def _both(english: str, maori: str, first: str) -> Markup:
    parts = [escape(english)] + ([mi(maori)] if maori else [])
    return Markup("\u00a0| ").join(parts[::-1] if first == "mi" else parts)


def _joined(parts: Iterable[str]) -> Html:
    return Html("").join(parts)


def _uri(svg: bytes) -> Markup:
    """Give a picture as an address whose letters neither HTML nor a list of addresses obeys."""
    return Markup("data:image/svg+xml," + quote(svg, safe="/=,'()"))


def _human(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _text(cell: object) -> str:
    if cell is None or (not isinstance(cell, str) and cell != cell) or str(cell) == "<NA>":
        return "x"
    if isinstance(cell, Real) and not isinstance(cell, bool) and math.isfinite(cell):
        return f"{float(cell):.10g}".replace("-", "−")
    return cell if isinstance(cell, str) else str(cell)


def _kind(cells: Sequence[str], *, header: bool) -> Markup:
    """Say how a column stands: numbers (marks and short words among them), long texts, others."""
    if not header and any(map(_NUMBER.fullmatch, cells)) and max(map(len, cells)) < _SHORT:
        return Markup(' class="number"')
    return Markup(' class="long"' if max(map(len, cells), default=0) > 2 * _SHORT else "")
