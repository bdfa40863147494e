"""Learners' names, numbers and odd scores are in nothing that is written or said, in whatever form."""

from __future__ import annotations

import base64
import binascii
import html
import io
import os
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

import numpy as np
import pandas as pd
import pytest
from builders import files, put

from colanalysis import draw, page

ROOT = Path(__file__).resolve().parent.parent
MARKED = 25
DEEPEST = 4
SETTINGS = """\
[community]
id = "canaries"
name = "Canary Community"
year = 2025

[privacy]
purpose = "why"
approver = "who"
expires = 2999-12-31

[[measure]]
id = "odd_test"
label = "Odd test"
domain = "achievement"
scale = "number"
at_least = 55

[[source]]
file = "exports/from the test.csv"
reader = "wide"
provider_id = "P1"
columns = { "Student No" = "learner_id" }
results = [{ column = "Score 2025", measure = "odd_test", year = 2025, year_level = 5 }]
"""

# The scanner: bytes, and everything that they could be read as


def readings(data: bytes, depth: int = DEEPEST) -> Iterator[bytes]:
    """The bytes themselves and all that is packed, escaped or encoded in them."""
    yield data
    if depth:
        for other in {*_decoded(data)} - {data}:
            yield from readings(other, depth - 1)


def _decoded(data: bytes) -> Iterator[bytes]:
    for codec in ("utf-16-le", "utf-16-be") if b"\0" in data else ():
        for start in (0, 1):
            yield data[start:].decode(codec, errors="ignore").encode("utf-8", errors="ignore")
    if b"&" in data:
        yield html.unescape(data.decode("utf-8", errors="replace")).encode(
            "utf-8", errors="replace"
        )
    if b"%" in data:
        yield unquote_to_bytes(data)
    if b"\\u" in data:
        yield re.sub(
            rb"\\u([0-9a-fA-F]{4})",
            lambda found: chr(int(found[1], 16)).encode("utf-8", errors="replace"),
            data,
        )
    for run in re.findall(rb"[A-Za-z0-9+/_-]{16,}", data):
        for start in range(4):
            part = run[start:].replace(b"-", b"+").replace(b"_", b"/")
            yield base64.b64decode(part[: len(part) // 4 * 4])
    for run in re.findall(rb"(?:[0-9a-fA-F]{2}){8,}", data):
        yield binascii.unhexlify(run)
    for found in re.finditer(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08", data):
        try:
            yield zlib.decompressobj(47).decompress(data[found.start() :])
        except zlib.error:
            continue
    if b"PK\x03\x04" in data:
        try:
            with zipfile.ZipFile(io.BytesIO(data[data.index(b"PK\x03\x04") :])) as members:
                yield from (members.read(name) for name in members.namelist())
        except zipfile.BadZipFile:
            return


def found_in(data: bytes, canaries: Mapping[bytes, list[bytes]]) -> set[bytes]:
    """Which canaries are in the bytes, read in every way."""
    found = set()
    for reading in readings(data):
        lower = reading.lower()
        for stem, words in canaries.items():
            if stem in lower:
                found |= {word for word in words if re.search(_alone(word), lower)}
    return found


def wanted(words: list[str]) -> dict[bytes, list[bytes]]:
    """Canaries by how they begin, so that most of them need not be looked for one by one."""
    found: dict[bytes, list[bytes]] = {}
    for word in (word.lower().encode() for word in words):
        found.setdefault(word[:5], []).append(word)
    return found


def _alone(word: bytes) -> bytes:
    # A number that is only part of a longer one is another number.
    return rb"(?<![\d.])" + re.escape(word) + rb"(?!\d)" if word[:1].isdigit() else re.escape(word)


def png(data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body).to_bytes(4, "big")
        return len(body).to_bytes(4, "big") + kind + body + check

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(data))
        + chunk(b"IEND", b"")
    )


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("a.txt", data)
    return out.getvalue()


def pictured(text: str) -> bytes:
    """A figure of a page whose picture alone says a text."""
    drawn = draw.coverage(pd.DataFrame({"label": [text], "share": [0.5]}))
    told = replace(drawn, alt="Bar chart")
    return str(page.figure(told, title="T", subtitle="S", table=page.paragraphs(["t"]))).encode()


HIDDEN = "Zyxaroha Ngātest"
WAYS = {
    "as it is": lambda text: text.encode(),
    "in capitals": lambda text: text.upper().encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, other end": lambda text: b"x" + text.encode("utf-16-be"),
    "HTML entities": lambda text: "".join(f"&#{ord(c)};" for c in text).encode(),
    "hexadecimal entities": lambda text: "".join(f"&#x{ord(c):x};" for c in text).encode(),
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()).encode(),
    "an address": lambda text: quote(text).encode(),
    "JSON": lambda text: "".join(f"\\u{ord(c):04x}" for c in text).encode(),
    "base64": lambda text: b"data:x;base64," + base64.b64encode(text.encode()),
    "base64 in the middle": lambda text: base64.b64encode(b"<svg>ab" + text.encode() + b"</svg>" * 9),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(("~~~???" + text).encode()),
    "hex": lambda text: text.encode().hex().encode(),
    "zlib": lambda text: b"junk" + zlib.compress(text.encode()),
    "gzip": lambda text: b"junk" + zlib.compress(text.encode(), wbits=31),
    "PNG": lambda text: png(text.encode()),
    "ZIP": lambda text: zipped(text.encode()),
    "a picture": pictured,
    "base64 of zlib of UTF-16": lambda text: base64.b64encode(zlib.compress(text.encode("utf-16"))),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_the_scanner_finds_what_is_hidden(way):
    data = b'<p title="' + WAYS[way](HIDDEN) + b'">text 54.38 more</p>'
    assert found_in(data, wanted(["Zyxaroha"])) == {b"zyxaroha"}
    assert found_in(b"<p>nothing here</p>", wanted(["Zyxaroha"])) == set()


def test_the_scanner_reads_every_letter_of_a_picture():
    assert found_in(pictured(HIDDEN), wanted(["Ngātest"])) == {"ngātest".encode()}


def test_the_scanner_knows_a_number_from_a_part_of_one():
    assert found_in(b"a 54.37, b", wanted(["54.37"])) == {b"54.37"}
    assert found_in(b"154.37 54.371 0.54.37", wanted(["54.37"])) == set()


# The community


def planted(folder: Path) -> list[str]:
    """Write a community whose first learners carry canaries, and give the canaries."""
    rng = np.random.default_rng(11)
    tables = files(rng, learners=400)
    learners = tables["learners"]
    number = [f"{7_190_000_000 + 104_729 * (place + 3)}" for place in range(len(learners))]
    renamed = dict(zip(learners["learner_id"], number, strict=True))
    for table in ("learners", "enrolments", "observations"):
        tables[table]["learner_id"] = tables[table]["learner_id"].map(renamed)
    canaries = list(number)

    def marked(told: str, others: str = "") -> list[str]:
        made = [told.format(i=i, c=chr(97 + i)) for i in range(MARKED)]
        canaries.extend(made)
        return [*made, *[others] * (len(number) - MARKED)]

    for heading, told in {
        "preferred_name": "Zyxaroha{c}q",
        "surname": "Ngāqtest{c}w",
        "date_of_birth": "07/03/19{i:02d}",
        "address": "{i}31 Kwyjibo{c} Road",
        "caregiver_email": "zqmother{c}@whanau.invalid",
        "phone": "0275550{i:02d}99",
        "Student Name": "Qvabble{c}",
        "Teacher comments": "xylocomment{c}",
    }.items():
        learners[heading] = marked(told)
    learners["NSN"] = number
    canaries += [f"19{i:02d}-03-07" for i in range(MARKED)]
    exports = pd.DataFrame(
        {
            "Student No": number,
            "Full Name": marked("Vexport{c}zz"),
            "Home address": marked("{i}77 Wuxtry{c} Street"),
            "Score 2025": [
                *marked("{i}4.37")[:MARKED],
                *rng.integers(20, 90, len(number) - MARKED).astype(str),
            ],
        }
    )
    put(folder, {name: table for name, table in tables.items() if name != "learners"}, SETTINGS)
    learners.to_excel(folder / "learners.xlsx", index=False)
    (folder / "exports").mkdir()
    exports.to_csv(folder / "exports" / "from the test.csv", index=False)
    return canaries


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """All that the commands wrote and said: bytes by path or stream, and the canaries."""
    top = tmp_path_factory.mktemp("canaries")
    canaries = planted(top / "community")
    given = set((top / "community").rglob("*"))
    (top / "temporary").mkdir()
    (top / "home").mkdir()
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("XDG_")},
        **dict.fromkeys(("HOME", "USERPROFILE", "APPDATA"), str(top / "home")),
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(top / "temporary")),
    }

    def run(name: str, *arguments: str) -> dict[str, bytes]:
        command = [sys.executable, "-m", "colanalysis", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return {f"{name} said": done.stdout, f"{name} told": done.stderr}

    folder, out = str(top / "community"), top / "out"
    found = run("report", "report", folder, "--out", str(out / "all"))
    beside = {
        "provider": ("report", folder, "--provider", "P1", "--out", str(out / "P1")),
        "find": ("find", folder, "--out", str(out / "exact")),
        "check": ("check", folder, "--out", str(out / "health")),
    }
    with ThreadPoolExecutor(2) as pool:
        for told in pool.map(lambda item: run(item[0], *item[1]), beside.items()):
            found |= told
    written = [path for path in top.rglob("*") if path.is_file() and path not in given]
    return found | {
        path.relative_to(top).as_posix(): path.read_bytes() for path in written
    }, canaries


@pytest.mark.slow
def test_no_canary_is_in_anything_that_was_written_or_said(ran):
    found, canaries = ran
    pages = ["out/all/challenge-evidence.html", "out/P1/challenge-evidence.html"]
    others = ["out/exact/findings.csv", "out/all/release.json", "out/health/data-health.html"]
    assert {*pages, *others} <= set(found)
    assert found["check said"] + found["check told"]
    assert len(set(canaries)) >= 600
    looked_for = wanted(canaries)
    assert {
        name: hits for name, data in found.items() if (hits := found_in(data, looked_for))
    } == {}


@pytest.mark.slow
def test_the_commands_leave_nothing_in_the_temporary_folder(ran):
    found, _ = ran
    assert not [name for name in found if name.startswith("temporary/")]
    assert not [name for name in found if "history" in name]


@pytest.mark.slow
def test_reports_name_no_folder_of_this_machine_and_no_address(ran):
    found, _ = ran
    paths = pattern_of_paths()
    for name, data in found.items():
        if not name.startswith("out/"):
            continue
        for reading in readings(data):
            assert not paths.search(reading), name
            if name.endswith(".html"):
                assert b"<script" not in reading.lower()
                addresses = set(re.findall(rb"https?://[^\s\"'<>)]*", reading))
                assert addresses <= {b"http://www.w3.org/2000/svg"}
        assert b"psn-" not in data, name


def pattern_of_paths() -> re.Pattern[bytes]:
    homes = {str(ROOT), str(ROOT.parent), tempfile.gettempdir(), str(Path.home()), sys.prefix}
    return re.compile(b"|".join(re.escape(f"{home}/").encode() for home in homes if len(home) > 1))
