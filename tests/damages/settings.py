"""community.toml."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from damages.folder import data, text
from damages.registry import Damage, add, harmless, refused


def _settings(name: str, change: Callable[[str], str], *texts: str) -> None:
    add(
        Damage(
            name,
            lambda folder: text(folder, "community.toml", change),
            refused=("community.toml", *texts),
        )
    )


for _name, _change, _texts in [
    ("a key nobody knows", lambda t: t.replace("year = 2025", "yaer = 2025"), ['"yaer"', '"year"']),
    ("a table nobody knows", lambda t: t + "\n[privcy]\n", ['"privcy"', '"privacy"']),
    ("a year that is a text", lambda t: t.replace("year = 2025", 'year = "2025"'), ["year"]),
    ("attributes that are one text", lambda t: re.sub(r"attributes = .*", 'attributes = "ell"', t), ["attributes"]),
    ("an id that is missing", lambda t: t.replace('id = "te-awa-rere"', ""), ['"id" is missing']),
    ("a table told twice", lambda t: t + "\n[community]\n", []),
    ("a key told twice", lambda t: t.replace("year = 2025", "year = 2025\nyear = 2024"), []),
    ("a quotation mark left open in the settings", lambda t: t.replace('rere"', "rere"), ["line 4"]),
    ("settings that are not TOML", lambda _: "id: t\nname: Test\n", ["line 1"]),
    ("settings without a word", lambda _: "", ['"id" is missing']),
    ("a target above 1", lambda t: t.replace("target = 0.6", "target = 60"), ["target"]),
    ("a plan about an unknown measure", lambda t: t.replace('"writing_judgement"', '"writing"'), ['"writing"', "writing_judgement"]),
    ("a source that is not there", lambda t: t + '\n[[source]]\nfile = "gone.csv"\nreader = "tidy"\ntable = "survey"\n', ["no file gone.csv"]),
    ("a source with an unknown reader", lambda t: t + '\n[[source]]\nfile = "survey.csv"\nreader = "tydi"\n', ['"tydi"', "tidy"]),
    ("a measure without a rule", lambda t: t + '\n[[measure]]\nid = "own"\ndomain = "progress"\nscale = "number"\n', ["no rule of success", '"own"']),
    ("an expiry that is no date", lambda t: t.replace("2026-12-31", '"next year"'), ["expires"]),
    ("a tree of brackets in the settings", lambda _: "a = " + "[" * 5000, []),
    ("a number beyond all numbers in the settings", lambda t: t.replace("year = 2025", "year = 2" + "0" * 5000), []),
]:  # fmt: skip
    _settings(_name, _change, *_texts)


@refused("community.toml")
def settings_that_are_not_utf_8(folder: Path) -> None:
    data(
        folder,
        "community.toml",
        lambda found: found.decode().encode("latin-1", errors="replace") + b"\n# caf\xe9\n",
    )


@refused("community.toml")
def settings_in_utf_16(folder: Path) -> None:
    data(folder, "community.toml", lambda found: found.decode().encode("utf-16"))


@harmless
def byte_order_mark_before_the_settings(folder: Path) -> None:
    data(folder, "community.toml", lambda found: b"\xef\xbb\xbf" + found)


@refused("found no community.toml")
def no_settings(folder: Path) -> None:
    (folder / "community.toml").unlink()


@refused("found no community.toml")
def settings_that_are_a_folder(folder: Path) -> None:
    (folder / "community.toml").unlink()
    (folder / "community.toml").mkdir()


@refused("found no such folder")
def no_folder(folder: Path) -> None:
    shutil.rmtree(folder)
