"""Names, parameters and places that would do something where they were obeyed: nothing does."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import unquote_to_bytes

import hostile
import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colanalysis import deliver, export, page, report
from colanalysis.auditing.audit import Audit
from colanalysis.drawing import letters, picture
from colanalysis.errors import ReportError, UsageError
from colanalysis.executing import execute, notebooks
from colanalysis.publishing import decide

REPORT = notebooks.NOTEBOOKS / report.NOTEBOOK
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
         "--no-first-run", "--disable-component-update"]  # fmt: skip
LISTEN = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", e => window.__violations.push(e.violatedDirective));
"""
# What a spreadsheet may compute, told another way than the product tells it.
SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "\0")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The report of a community in which every name is an attack."""
    folder = hostile.community(tmp_path_factory.mktemp("hostile") / "community")
    nothing = pd.DataFrame(columns=decide.LOOKED_AT)
    with pytest.MonkeyPatch.context() as patch:
        # The names are tried here, not the audit of the numbers.
        patch.setattr(decide.audit, "audit", lambda told, *_: Audit(told, nothing))
        return report.write(folder, out=tmp_path_factory.mktemp("out") / "report").parent


@pytest.fixture(scope="module")
def html(made):
    return (made / deliver.PAGE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def seen(made, chromium):
    """What happened when the page was opened, without its policy and with it, and what it says."""
    with_policy = opened(made / deliver.PAGE, chromium, policy=True)
    return {"without policy": opened(made / deliver.PAGE, chromium, policy=False), **with_policy}


def opened(path, chromium, *, policy):
    from playwright.sync_api import sync_playwright

    events = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=QUIET)
        view = browser.new_page(viewport={"width": 390, "height": 844}, bypass_csp=not policy)
        view.add_init_script(LISTEN)
        view.on("dialog", lambda dialog: (events.append(dialog.message), dialog.dismiss()))
        view.on("console", lambda message: events.append(message.text))
        view.on("pageerror", lambda error: events.append(str(error)))
        view.on("popup", lambda _: events.append("popup"))
        view.on("request", lambda request: events.append(request.url))
        view.goto(path.as_uri())
        view.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        view.mouse.move(200, 200)
        view.mouse.wheel(0, 30_000)
        view.wait_for_timeout(300)
        found = {
            "events": [e for e in events if not e.startswith("data:image/") and e != path.as_uri()],
            "address": view.url,
            "hit": view.evaluate("typeof window.__hit"),
            "violations": view.evaluate("window.__violations"),
            "text": view.evaluate("document.body.innerText"),
            "title": view.title(),
            "width": view.evaluate("document.documentElement.scrollWidth"),
            "broken": view.evaluate("[...document.images].filter(i => !i.naturalWidth).length"),
            "pictures": view.evaluate("document.images.length"),
            "cells": view.evaluate(
                "[...document.querySelectorAll('td, th, li, dd, h3')].map(c => c.innerText)"
            ),
        }
        browser.close()
    return found


# The page


def test_there_are_sixty_attacks_and_more():
    assert len(set(hostile.ATTACKS.values())) >= 60
    assert len(hostile.IN_GROUPS) >= 45


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("policy", [True, False])
def test_nothing_runs_and_nothing_is_asked_for_with_or_without_the_policy(seen, policy, made):
    found = seen if policy else seen["without policy"]
    assert found["events"] == []
    assert found["address"] == (made / deliver.PAGE).as_uri()
    assert found["hit"] == "undefined"
    assert found["violations"] == []


@pytest.mark.browser
def test_what_is_watched_for_would_be_seen(chromium, tmp_path):
    path = tmp_path / "bad.html"
    start = f'<meta http-equiv="Content-Security-Policy" content="{export._POLICY}">'
    path.write_text(f"<html><head>{start}</head><body><script>window.__hit=1</script>"
                    '<img src="http://127.0.0.1:9/x.png"></body></html>', encoding="utf-8")  # fmt: skip
    held, free = (opened(path, chromium, policy=policy) for policy in (True, False))
    assert held["hit"] == "undefined"
    assert {"script-src-elem", "img-src"} <= set(held["violations"])
    assert free["hit"] == "number"
    assert "http://127.0.0.1:9/x.png" in free["events"]


@pytest.mark.slow
@pytest.mark.browser
def test_every_name_is_read_as_text_where_such_a_name_stands(seen):
    text = " ".join(seen["text"].split())
    cells = {" ".join(cell.split()) for cell in seen["cells"]}
    for name, attack in hostile.ATTACKS.items():
        assert hostile.shown(attack) in text, name
    # As the name of a provider, claim, role, resource and unit it fills its cell.
    for name, attack in hostile.IN_FILES.items():
        assert hostile.shown(attack) in cells, name
    said = " ".join(seen["text"].lower().split())
    assert "b onclick alert 19 house: <script>window.__hit=1</script>" in said
    assert "(b onclick alert 19 house: <script>window.__hit=1</script>)" in said  # in a finding


@pytest.mark.slow
@pytest.mark.browser
def test_the_page_fits_a_phone_and_every_picture_can_be_seen(seen):
    assert seen["width"] <= 390
    assert seen["pictures"] >= 4
    assert seen["broken"] == 0
    assert seen["title"].endswith("challenge evidence")


@pytest.mark.slow
def test_the_page_has_no_element_or_attribute_that_a_name_has_made(html):
    from bs4 import BeautifulSoup

    main = BeautifulSoup(html, "html.parser").main
    assert {tag.name for tag in main.find_all(True)} <= {
        "a", "article", "br", "caption", "dd", "details", "div", "dl", "dt", "em", "figcaption",
        "figure", "h1", "h2", "h3", "img", "li", "nav", "ol", "p", "picture", "source", "span",
        "strong", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul",
    }  # fmt: skip
    names = {name for tag in main.find_all(True) for name in tag.attrs}
    assert not [name for name in names if name.startswith("on") or name in ("style", "action")]
    assert all(a["href"].startswith("#") for a in main.find_all("a"))
    assert html.count("<h1") == 1
    assert not set(html) & {"\0", "\x1b", "\x07", "\x9b", "\u202e", "\u2067"}


@pytest.mark.slow
def test_pictures_are_well_formed_and_hold_marks_and_text_alone(html):
    from bs4 import BeautifulSoup

    tags = BeautifulSoup(html, "html.parser").find_all(["img", "source"])
    pictures = [tag.get("src") or tag["srcset"] for tag in tags]
    assert len(pictures) >= 8
    words = ""
    for address in pictures:
        assert address.startswith("data:image/svg+xml,")
        root = ElementTree.fromstring(unquote_to_bytes(address.partition(",")[2]))
        for part in root.iter():
            name = part.tag.rpartition("}")[2]
            assert name in {"svg", "g", "path", "text"}
            assert set(part.attrib) <= {
                "width", "height", "viewBox", "d", "x", "y", "fill", "stroke", "stroke-width",
                "stroke-dasharray", "opacity", "font-family", "font-size", "font-weight",
                "text-anchor",
            }  # fmt: skip
            assert not any("://" in value or "url(" in value for value in part.attrib.values())
            words += " " + (part.text or "") if name == "text" else ""
    assert "<script>window.__hit=1</script>" in words


def test_words_of_a_picture_stay_what_they_were():
    said = ["'DejaVu Sans' width=\"12pt\" x", "a\x1bb\x00\ufffe", "$x^2$ <b> --> &amp;"]
    texts = tuple(picture.Text(text, 5, 20 + 25 * i, 14) for i, text in enumerate(said))
    root = ElementTree.fromstring(picture.svg(picture.Picture(400, 100, (), texts)))
    found = [part.text for part in root.iter() if part.tag.endswith("}text")]
    assert found == [said[0], "ab", said[2]]


def test_a_very_long_word_is_cut_to_the_room_of_a_picture():
    lines = letters.wrap(hostile.ATTACKS["very long"], 236, 14)
    assert max(letters.text_width(line, 14) for line in lines) <= 236
    assert len(lines) < 20
    assert lines[-1].endswith("…")
    assert "".join(letters.wrap("a" * 100, 236, 14)) == "a" * 100


@pytest.mark.parametrize(
    "piece",
    [
        "<svg></svg>", "<math></math>", "<input>", "<button>x</button>", "<video></video>",
        "<template></template>", "<x-y></x-y>", "<frameset></frameset>", "<noscript></noscript>",
        '<p formaction="x">a</p>', '<p background="x">a</p>', '<p srcdoc="x">a</p>',
        '<p ping="x">a</p>', '<p style="background:u\\72l(x)">a</p>', '<p ONCLICK="x">a</p>',
        '<a xlink:href="#x">a</a>', '<p style="width:expression(1)">a</p>',
        '<img alt="x" src="data:text/html,%3Csvg%20x%3E">',
        '<img alt="x" src="data:image/svg+xml;base64,PHN2Zz48L3N2Zz4=">',
        '<img alt="x" src="data:image/svg+xml,<svg onload=alert(1)>">',
        '<img alt="x" src="data:image/svg+xml,%3Csvg%20x%3E%0Aa%3E&quot;">',
        '<img alt="x" src="data:image/svg+xml,%3Chtml%20x%3E">',
        '<img alt="x" src="data:image/png;base64,AAAA, https://example.org/a.png">',
        '<img alt="x" src="data:image/png,%3Csvg%20x%3E">',
        '<img alt="x" srcset="data:image/svg+xml,%3Csvg%20x%3E, https://example.org/a.png 2x">',
        '<img alt="x" src="data:image/svg+xml,%3Csvg%20x%3E https://example.org/a.png">',
        '<a href="data:image/svg+xml,%3Csvg%20x%3E">a</a>',
    ],
)  # fmt: skip
def test_a_page_holds_what_pages_are_made_of_and_nothing_else(piece):
    node = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# T"), nbformat.v4.new_markdown_cell(piece)]
    )
    with pytest.raises(ReportError, match="must not hold|a program or an outside address"):
        export.notebook(node, title="T")


@given(st.text())
def test_any_text_becomes_a_piece_of_a_page_that_says_it(text):
    from bs4 import BeautifulSoup

    piece = page.cards([(text, [text])]) + page.paragraphs([text])
    found = BeautifulSoup(str(piece), "html.parser")
    assert {tag.name for tag in found.find_all(True)} == {"div", "article", "h3", "p"}
    said = re.sub("[\ud800-\udfff\ufff9-\ufffb\ufffe\uffff]", "", text.replace("\r", "\n"))
    assert " ".join(found.h3.get_text().split()) == hostile_shown(said)


def hostile_shown(text):
    """As ``hostile.shown``, of a text that is not from a file and keeps its form."""
    kept = (c for c in text if c in "\t\n" or not ("\0" <= c < " " or "\x7f" <= c <= "\x9f"))
    return " ".join("".join(c for c in kept if c not in hostile._TURNING).split())


# CSV


def cells_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


def computed(cell):
    """Whether a spreadsheet might compute a cell, which is no number."""
    bare = re.sub(r"[\s\"'`‘’“”\u200b-\u200f\u2060\ufeff]", "", cell)
    return cell.startswith(SIGNS) or bare.startswith(SIGNS)


def is_number(cell):
    return re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", cell) is not None


@pytest.mark.slow
def test_no_cell_of_any_csv_file_is_a_formula(made):
    found = sorted(made.rglob("*.csv"))
    assert len(found) >= 15
    neutral = 0
    for path in found:
        rows = cells_of(path)
        assert len({len(row) for row in rows}) == 1
        for cell in (cell for row in rows for cell in row):
            assert is_number(cell) or not computed(cell) or cell.startswith("'"), path.name
            assert not set(cell) & {"\0", "\x1b", "\x07", "\x9b", "\u202e"}, path.name
            neutral += computed(cell)
    assert neutral > 30


@pytest.mark.slow
def test_every_name_is_in_the_csv_files(made):
    providers = {" ".join(row[1].split()) for row in cells_of(made / "tables" / "providers.csv")}
    claims = {" ".join(row[0].split()) for row in cells_of(made / "tables" / "knowledge.csv")}
    for name, attack in hostile.IN_FILES.items():
        told = hostile.shown(attack)
        told = f"'{told}" if computed(told) else told
        assert told in providers, name
        assert told in claims, name


MIXED = pd.DataFrame(
    {
        "text": ["-3", "＝1", ' "=1', "a\nb", "a\r\n=b", 'say "x", y', None],
        "mixed": pd.Series([-3, "-3", -0.5, "=1", np.int64(-7), None, "x"], dtype=object),
        "number": [-0.25, -1e-9, 1234567.0, np.nan, -3, 0, 2],
        "whole": [-1, 2, 3, 4, 5, 6, 7],
    }
)


def test_numbers_stay_numbers_and_text_stays_text(tmp_path):
    deliver.write_csv(MIXED.rename(columns={"whole": "=whole"}), tmp_path / "t.csv")
    head, *rows = cells_of(tmp_path / "t.csv")
    text, mixed, number, whole = zip(*rows, strict=True)
    assert head == ["text", "mixed", "number", "'=whole"]
    assert text == ("'-3", "'＝1", "' \"=1", "a\nb", "a\n=b", 'say "x", y', "")
    assert mixed == ("-3", "'-3", "-0.5", "'=1", "-7", "", "x")
    assert number == ("-0.25", "-1e-09", "1.23457e+06", "", "-3", "0", "2")
    assert whole == ("-1", "2", "3", "4", "5", "6", "7")
    raw = (tmp_path / "t.csv").read_bytes().decode()
    assert '"a\nb"' in raw
    assert '"say ""x"", y"' in raw
    assert "\r" not in raw


@given(st.lists(st.text() | st.text(alphabet="=+-@＝\t\r\n\0'\" ,;a1"), min_size=1, max_size=6))
def test_any_text_comes_back_after_the_apostrophe_is_taken_off(texts):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        deliver.write_csv(pd.DataFrame({"a": texts, "b": 1}, dtype=object), path)
        _, *rows = cells_of(path)
    assert len(rows) == len(texts)
    for (cell, one), text in zip(rows, texts, strict=True):
        back = cell[1:] if cell.startswith("'") and computed(cell[1:]) else cell
        kept = re.sub("[\ud800-\udfff\ufff9-\ufffb\ufffe\uffff]", "", text)
        kept = kept.replace("\r\n", "\n").replace("\r", "\n")
        kept = "".join(
            c for c in kept
            if (c in "\t\n" or not ("\0" <= c < " " or "\x7f" <= c <= "\x9f"))
            and c not in hostile._TURNING
        )  # fmt: skip
        assert back == kept
        assert one == "1"


@pytest.mark.slow
def test_a_spreadsheet_computes_nothing(made, tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("no LibreOffice on PATH")
    subprocess.run(
        [office, "--headless", "--convert-to", "fods", "--outdir", str(tmp_path),
         str(made / "tables" / "resources.csv")],
        check=True, timeout=120, capture_output=True,
    )  # fmt: skip
    assert "table:formula" not in (tmp_path / "resources.fods").read_text(encoding="utf-8")


# Parameters: all of this is refused before a kernel starts


class Text(str):
    """Looks like text and is not."""


class Whole(int):
    """Looks like a number and is not."""


NAMES = ["yaer", "Year", "year ", "year\n", "__import__", "year = 1\nimport os", "a.b", "a-b", "", " ",
         "os.system('x')", "release;x", "{year}", "{0.__class__}", "jahr", "ÿear", "year\0", "self",
         "class", "lambda: 0", 1, None, ("year",), Text("year")]  # fmt: skip
VALUES = [
    ("year", "2025"), ("year", 2025.0), ("year", True), ("year", None), ("year", Whole(3)),
    ("year", np.int64(3)), ("year", [2025]), ("year", {"a": 1}), ("year", (1,)), ("year", 10**30),
    ("year", -(10**30)), ("year", float("nan")), ("year", b"1"), ("year", object()),
    ("release", 5), ("release", Path("x")), ("release", Text("x")), ("release", b"x"),
    ("release", ["x"]), ("release", None), ("release", "a\0b"), ("release", "\ud800"),
    ("release", np.str_("x")), ("provider", {"x": 1}), ("provider", lambda: 0),
    ("community", Path()), ("community", ("a", "b")), ("audience", {"public"}),
]  # fmt: skip
PATHS = ["none.ipynb", "../notebooks", "..", "-", "/dev/null", "http://evil.example/a.ipynb",
         "s3://bucket/a.ipynb", "a\0.ipynb", "{0.__class__}.ipynb", "README.md", "."]  # fmt: skip


@pytest.fixture
def no_kernel(monkeypatch):
    """A kernel or a process that starts fails the test."""
    import papermill
    from jupyter_client.manager import KernelManager

    def started(*_, **__):
        pytest.fail("a kernel was started")

    monkeypatch.setattr(papermill, "execute_notebook", started)
    for name in ("start_kernel", "_async_start_kernel"):
        monkeypatch.setattr(KernelManager, name, started)


def test_there_are_fifty_bad_parameters_and_places():
    assert len(NAMES) + len(VALUES) + len(PATHS) >= 50


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_the_notebook_does_not_declare_is_refused(name):
    with pytest.raises(UsageError, match="found parameter"):
        execute.run(REPORT, {name: 2025})


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(("name", "value"), VALUES)
def test_a_value_that_is_not_just_what_it_seems_is_refused(name, value):
    with pytest.raises(UsageError, match=rf"{name}.*Expected"):
        execute.run(REPORT, {name: value})


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize("path", PATHS)
def test_a_place_where_no_notebook_lies_is_refused(path):
    with pytest.raises(UsageError, match="found no notebook"):
        execute.run(notebooks.NOTEBOOKS / path, {})
    with pytest.raises(UsageError, match="found no notebook"):
        execute.run(path, {})


def test_numbers_that_are_none_are_refused(tmp_path, no_kernel):  # noqa: ARG001
    path = written(tmp_path / "a.ipynb", parameters="share: float = 0.5  # a share")
    for bad in (float("nan"), float("inf"), -float("inf"), np.float64(0.5), 1):
        with pytest.raises(UsageError, match="share"):
            execute.run(path, {"share": bad})


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(
    "parameters",
    ["Name: str = ''", "_ü: str = ''", "a: list = []", "a: Path = ''", "a: object = 1"],
)
def test_a_notebook_that_declares_what_cannot_be_checked_is_refused(tmp_path, parameters):
    with pytest.raises(ReportError, match="found the parameter"):
        execute.run(written(tmp_path / "a.ipynb", parameters=parameters), {})


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', "<html>"])
def test_a_file_that_is_no_notebook_is_refused(tmp_path, text):
    (tmp_path / "a.ipynb").write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match=r"a\.ipynb"):
        execute.run(tmp_path / "a.ipynb", {})


def written(path, *cells, parameters='name: str = "a"  # what it is called'):
    tagged = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    node = nbformat.v4.new_notebook(
        cells=[tagged, *map(nbformat.v4.new_code_cell, cells)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"},
                  "language_info": {"name": "python"}},
    )  # fmt: skip
    path.parent.mkdir(exist_ok=True)
    nbformat.write(node, path)
    return path


@pytest.mark.slow
def test_texts_of_every_kind_arrive_as_they_were_and_leave_nothing_behind(tmp_path, monkeypatch):
    home, temporary = tmp_path / "home", tmp_path / "{0.a}"  # a socket's path is short
    for folder in (home, temporary):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    startup = home / ".ipython" / "profile_default" / "startup" / "first.py"
    startup.parent.mkdir(parents=True)
    startup.write_text(f"open({str(home / 'ran')!r}, 'w').close()", encoding="utf-8")
    # Braces in the path, too: papermill would fill parameters into them.
    path = written(tmp_path / "{name}" / "a.ipynb", "import json; print(json.dumps(name))")
    text = "marker-54.37 ¦ ".join(hostile.IN_FILES.values())
    node = execute.run(path, {"name": text})
    assert json.loads(node.cells[-1].outputs[0].text) == text
    assert "papermill" not in node.metadata
    left = [file for file in [*home.rglob("*"), *temporary.rglob("*")] if file.is_file()]
    assert not [file for file in left if b"marker-54.37" in file.read_bytes()]
    assert list(temporary.iterdir()) == []
    # Of the user's IPython no file is run and none is written.
    assert [file for file in left if file.is_relative_to(home)] == [startup]


# Places


IDS = ["..", ".", "../../etc", "/etc/passwd", "a\0b", "CON", "con", "NUL", "COM1", "lpt9", "aux", "a.",
       "a ", " a", "a/b", "a\\b", "a-b", "C:\\x", "~", "~root", "a" * 300, "a" * 301, "Māori", "Ma\u0304ori",
       "مدرسة", "👩‍🏫", "-rf", "--out", "$HOME", "%TEMP%", "*", "?", "a:b", "a|b", "governance", "public",
       "provider", "data-lead", "providers", "tables", "", " ", "\ud800", "a\nb", "te-awa", "P1", "x_y"]  # fmt: skip


def test_every_id_has_a_folder_of_its_own_inside(tmp_path):
    places = {one: tmp_path / deliver.default_place(one) for one in IDS}
    for one, place in places.items():
        for found in (place, tmp_path / deliver.default_place("c", one, "provider")):
            assert found.resolve().is_relative_to(tmp_path / "reports"), repr(one)
            assert found.resolve() != tmp_path / "reports", repr(one)
            for part in found.relative_to(tmp_path).parts:
                assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", part), repr(one)
                assert not part.endswith((".", " ", "-")), repr(one)
                device = part.partition(".")[0].casefold()
                assert device not in {"con", "prn", "aux", "nul", "com1", "lpt9"}, repr(one)
            found.mkdir(parents=True, exist_ok=True)
    different = [
        one for one in IDS if one != "con"
    ]  # one folder with CON where capitals do not count
    assert len({places[one].name.casefold() for one in different}) == len(different)


def test_plain_ids_are_folders_as_they_are():
    assert deliver.default_place("te-awa", "P1") == Path("reports/te-awa/providers/P1")


@given(st.text(), st.text())
def test_two_ids_never_share_a_folder(one, other):
    assert (deliver.safe(one) == deliver.safe(other)) == (one == other)
    assert deliver.safe(deliver.safe(one) + "/") != deliver.safe(one)


def test_a_plain_id_is_never_what_another_was_changed_to():
    changed = deliver.safe("a/b")
    assert deliver.safe(changed) != changed


# Runs that fail


@pytest.fixture
def failing(tmp_path, monkeypatch, small):
    """A report over an earlier one whose notebook tells a learner's values in an error."""
    out = tmp_path / "out"
    (out / "tables").mkdir(parents=True)
    small.ready.write(out / "release.json")
    for name in ("run.json", deliver.PAGE, "findings.csv"):
        (out / name).write_text("earlier", encoding="utf-8")
    cell = (
        'import os, sys\nx = ["Aroha-Tui", 54.37]\nprint(x, file=sys.stderr)\n'
        'print(x, file=sys.__stderr__, flush=True)\nos.write(1, b"Aroha-Tui")\n'
        'raise ValueError(f"{x} of {release}")'
    )
    own = written(tmp_path / "notebooks" / "bad.ipynb", cell,
                  parameters='release: str = ""  # a release')  # fmt: skip
    monkeypatch.setattr(report, "NOTEBOOK", str(own))
    return out


@pytest.mark.slow
def test_a_run_that_fails_tells_no_value_and_leaves_the_earlier_report(
    failing, tmp_path, monkeypatch, small, caplog, capfd
):
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    for folder in (home, temporary):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    before = {path: path.read_bytes() for path in failing.rglob("*") if path.is_file()}
    community = tmp_path / "community"
    shutil.copytree(small.folder, community)
    text = (community / "community.toml").read_text(encoding="utf-8")
    (community / "community.toml").write_text(
        text.replace('name = "Test"', 'name = "Test"\nmade_up = true'), encoding="utf-8"
    )
    nothing = pd.DataFrame(columns=decide.LOOKED_AT)
    monkeypatch.setattr(decide.audit, "audit", lambda told, *_: Audit(told, nothing))
    with pytest.raises(ReportError, match="stopped with ValueError") as caught:
        report.write(community, out=failing)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    said = capfd.readouterr()
    told = f"{caught.value}{caught.value.__dict__}{said.out}{said.err}{caplog.text}"
    for secret in ("Aroha", "54.37", str(tmp_path), "Traceback"):
        assert secret not in told
    assert {path: path.read_bytes() for path in failing.rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "community", "home", "notebooks", "out", "temporary",
    ]  # fmt: skip
    left = [path for path in [*home.rglob("*"), *temporary.rglob("*")] if path.is_file()]
    assert not [path for path in left if b"Aroha" in path.read_bytes()]
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    "path", sorted(notebooks.NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem
)
def test_notebooks_are_kept_without_what_a_run_left(path):
    node = json.loads(path.read_text(encoding="utf-8"))
    assert not {"papermill", "widgets"} & set(node["metadata"])
    for cell in node["cells"]:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
        assert set(cell["metadata"]) <= {"tags"}
        assert "injected-parameters" not in cell["metadata"].get("tags", [])


def test_importing_what_makes_text_inert_needs_nothing_else():
    code = (
        "import sys, colanalysis.inert; print({'pandas', 'matplotlib', 'bs4'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=notebooks.ROOT, capture_output=True, text=True
    )
    assert done.stdout.strip() == "set()", done.stderr
