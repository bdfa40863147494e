"""From an executed notebook to one page that may be sent: whole, safe, and the same each time.

Nothing is dropped silently: an output that cannot be shown well stops the export. Messages name
the place and the kind of what was found, never its content.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from colanalysis import inert
from colanalysis.errors import ReportError

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

END = "<!-- complete -->"
REMOVED: frozenset[str] = frozenset({"parameters", "injected-parameters", "setup"})

_TEMPLATES = Path(__file__).parent / "templates"
_SHOWN = ("text/html", "text/markdown")
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
# A picture inside the page: SVG as `page.figure` writes it, or letters that can only be a picture.
_PICTURE = re.compile(
    r"data:image/(svg\+xml,%3Csvg%20[A-Za-z0-9%/=,'()_.~-]+%3E|(png|jpeg);base64,[A-Za-z0-9+/]+=*)"
)
# What a page may be made of: what `page` and Markdown give. All else is refused, known or not.
_ELEMENTS = re.compile(
    "a|abbr|article|b|blockquote|br|caption|code|dd|del|details|div|dl|dt|em|figcaption|figure|footer"
    "|h[1-6]|hr|i|img|li|main|nav|ol|p|picture|pre|s|section|small|source|span|strong|sub|summary|sup"
    "|table|tbody|td|tfoot|th|thead|tr|u|ul"
)
_ATTRIBUTES = re.compile(
    "alt|aria-[a-z]+|class|colspan|dir|height|href|id|lang|media|open|role|rowspan|scope|src|srcset"
    "|start|style|tabindex|title|width"
)


def notebook(
    node: Any,
    *,
    title: str,
    language: str = "en-NZ",
    drop: Collection[str] = (),
    maori: Mapping[str, str] = MappingProxyType({}),
    first: str = "en",
) -> str:
    """Turn an executed notebook into one HTML page without code, script or outside address.

    Cells tagged as parameters or setup are left out, and those with a tag in `drop`. Only HTML and
    Markdown outputs are admitted. Section headings that ``maori`` knows get their name in te reo
    Māori too; ``first`` ("en" or "mi") says which language stands in front. How to read a chart
    (``page.figure``) is said once, and of ``page.words`` those are kept that the page uses.

    Raises
    ------
    ReportError
        A cell failed or printed, an output has no form for readers, there is not exactly one top
        heading, or something would not be safe or not be read aloud.
    """
    page = _page(_kept(node, REMOVED.union(drop)), inert.text(title), language)
    _separate_ids(page)
    _refuse(page, where="page")
    _read_once(page)
    _words_used(page)
    _contents(page)
    _in_both_languages(page, maori, first)
    return str(page).rstrip() + END


def admit_part(node: Any, *, where: str) -> None:
    """Refuse an executed notebook as a part of another's page, by all that a page must not hold.

    ``where`` is the notebook's name in errors, which are those of ``notebook``; a part has no top
    heading of its own.
    """
    _refuse(_page(_kept(node, REMOVED, where=where), "", ""), where=where, tops=0)


def _page(kept: Any, title: str, language: str) -> BeautifulSoup:
    from bs4 import BeautifulSoup

    report = {"title": title, "language": language, "policy": _POLICY}
    return BeautifulSoup(_exporter().from_notebook_node(kept, {"report": report})[0], "html.parser")


@cache
def _exporter() -> Any:
    """The one exporter of all pages: it reads its templates once."""
    from nbconvert.exporters import HTMLExporter

    return HTMLExporter(
        template_name="colreport",
        extra_template_basedirs=[str(_TEMPLATES)],
        exclude_anchor_links=True,
    )


def _kept(node: Any, removed: frozenset[str], *, where: str = "") -> Any:
    """Copy the notebook without what readers do not see; refuse what they could not read."""
    kept = copy.deepcopy(node)
    kept.metadata.pop("widgets", None)
    cells, place = [], 0
    for cell in kept.cells:
        tags = cell.metadata.get("tags", [])
        # The cell that papermill puts in is not in the file in which people look for the number.
        place += "injected-parameters" not in tags
        for output in cell.get("outputs", []):
            _admit(output, where=f"{where}, cell {place}" if where else f"cell {place}")
        if not removed.intersection(tags):
            cells.append(cell)
    kept.cells = cells
    return kept


def _admit(output: Any, *, where: str) -> None:
    show = "End the cell with a function of page"
    if output.output_type == "error":
        raise ReportError(
            "found an error", where=where, remedy="Correct it and run the notebook again"
        )
    if output.output_type == "stream":
        raise ReportError(f"found printed text ({output.name})", where=where, remedy=show)
    if not any(kind in output.data for kind in _SHOWN):
        kinds = ", ".join(sorted(output.data)) or "nothing"
        raise ReportError(f"found {kinds}", where=where, expected="HTML or Markdown", remedy=show)


def _refuse(page: BeautifulSoup, *, where: str, tops: int = 1) -> None:
    faults = list(dict.fromkeys(_faults(page, tops)))
    if faults:
        raise ReportError("; ".join(faults), where=where, remedy="Correct the notebook's cells")


def _faults(page: BeautifulSoup, wanted: int) -> Iterator[str]:
    main = page.main or page
    tops = len(main.find_all("h1"))
    if tops != wanted:
        yield f"found {tops} top headings, not {'one' if wanted else 'none'}"
    for tag in main.find_all(True):
        if not _ELEMENTS.fullmatch(tag.name):
            yield f"found <{tag.name}>, which a page must not hold"
        for name, value in tag.attrs.items():
            if not _ATTRIBUTES.fullmatch(name) or _outside(name, str(value)):
                yield f"found a program or an outside address in {name} of <{tag.name}>"
    for image in main.find_all("img"):
        alt = str(image.get("alt") or "").strip()
        if not alt or alt.startswith("No description has been provided"):
            yield "found an image without description, not one from page.figure"
    if any(not cell.get("scope") for cell in main.find_all("th")):
        yield "found a table without scopes, not one from page.table"


def _outside(name: str, value: str) -> bool:
    """Say whether an attribute leads out of the page; a link to a file beside it does not."""
    if name in ("src", "srcset"):
        return not _PICTURE.fullmatch(value)
    if name == "style":
        return bool(re.search(r"[\\@(]", value))
    return name.endswith("href") and bool(re.search(r"^\s*[\\/]|//|^[^/#?]*:", value))


def _separate_ids(page: BeautifulSoup) -> None:
    """Give a piece that is shown twice a second id, and its region the new name."""
    seen: dict[str, int] = {}
    for tag in page.find_all(id=True):
        name = str(tag["id"])
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            tag["id"] = f"{name}-{seen[name]}"
            region = tag.find_parent(attrs={"aria-labelledby": name})
            if region is not None:
                region["aria-labelledby"] = tag["id"]


def _read_once(page: BeautifulSoup) -> None:
    """Keep how to read a chart beside the first chart that says it, and take it from the others."""
    for reading in page.find_all("p", class_="reading")[1:]:
        reading.decompose()


def _words_used(page: BeautifulSoup) -> None:
    """Keep of a list of words those by which the page tells anything elsewhere."""
    for listed in page.find_all("dl", class_="words"):
        hole = page.new_string("")
        listed.replace_with(hole)
        main = page.main or page
        alts = [str(image.get("alt")) for image in main.find_all("img")]
        text = " ".join([main.get_text(" "), *alts]).casefold()
        cells = {cell.get_text().strip() for cell in main.find_all("td")}
        for entry in listed.find_all("div"):
            word = "".join(map(_english, entry.find_all("dt"))).casefold()
            # A mark such as c stands alone in a cell; a word may go on ("groups").
            mark = len(word) == 1
            if word not in cells if mark else not re.search(rf"\b{re.escape(word)}", text):
                entry.decompose()
        hole.replace_with(listed)


def _english(term: Tag) -> str:
    """A term without its name in te reo Māori."""
    bare = copy.copy(term)
    for maori in bare.find_all(lang="mi"):
        maori.decompose()
    return bare.get_text().strip("\u00a0| ")


def _contents(page: BeautifulSoup) -> None:
    """Put the list of sections before the first of them."""
    sections = page.find_all("h2")
    if len(sections) < 3:
        return
    entries = page.new_tag("ol")
    for place, section in enumerate(sections, start=1):
        section["id"] = section.get("id") or f"section-{place}"
        entries.append(_entry(page, section))
    label = page.new_tag("p", id="contents-label")
    label.string = "On this page"
    nav = page.new_tag("nav", attrs={"aria-labelledby": "contents-label"})
    nav.extend([label, entries])
    sections[0].insert_before(nav)


def _in_both_languages(page: BeautifulSoup, maori: Mapping[str, str], first: str) -> None:
    """Add the name in te reo Māori, marked as such, to the headings of sections that have one."""
    for section in page.find_all("h2"):
        words = maori.get(section.get_text().strip())
        if words:
            name = page.new_tag("span", lang="mi")
            name.string = words
            if first == "mi":
                section["class"] = "mi-first"
                section.insert(0, "\u00a0| ")
                section.insert(0, name)
            else:
                section.extend(["\u00a0| ", name])


def _entry(page: BeautifulSoup, section: Tag) -> Tag:
    link = page.new_tag("a", href=f"#{section['id']}")
    link.extend([copy.copy(child) for child in section.contents])
    entry = page.new_tag("li")
    entry.append(link)
    return entry
