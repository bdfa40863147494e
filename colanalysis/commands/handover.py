"""For a school and its community: the key, what leaves the school, and one folder made of several."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from colanalysis.commands.shared import Add, may_withdraw, tell

__all__ = ["commands"]


def commands(add: Add) -> None:
    """Add ``key``, ``pseudonymise``, ``summarise`` and ``merge``."""
    _add_key(add)
    _add_pseudonymise(add)
    _add_summarise(add)
    _add_merge(add)


def _add_key(add: Add) -> None:
    key = add("key", help="where the community's key is, and its name")
    key.add_argument("folder", type=Path)
    key.add_argument(
        "--rotate", action="store_true",
        help="put the key aside and make a new one: earlier pseudonyms no longer match",
    )  # fmt: skip
    key.set_defaults(run=_key)


def _key(options: argparse.Namespace) -> int:
    from colanalysis import custody
    from colanalysis.terms import settings

    found = settings.read(options.folder)
    made = custody.rotate(found) if options.rotate else custody.keys(found)
    # The name of a key says which it is and nothing of what it is.
    print("a made-up community has no key file" if found.made_up else custody.place(found))
    print(f"name of the key: {made.id}")
    return 0


def _add_pseudonymise(add: Add) -> None:
    pseudonymise = add(
        "pseudonymise", help="a copy of the tables to hand over, without learners' numbers"
    )
    pseudonymise.add_argument("folder", type=Path)
    pseudonymise.add_argument(
        "--out", type=Path, required=True, help="folder to write into, new or empty"
    )
    pseudonymise.set_defaults(run=_pseudonymise)


def _pseudonymise(options: argparse.Namespace) -> int:
    from colanalysis import hand_over

    print(hand_over.tables(options.folder, out=options.out).resolve())
    return 0


def _add_summarise(add: Add) -> None:
    summarise = add("summarise", help="counts to hand over instead of learners' results")
    summarise.add_argument("folder", type=Path)
    summarise.add_argument(
        "--out", type=Path, required=True, help="folder to write into, new or empty"
    )
    summarise.add_argument("--provider", default="", help="the counts of one provider, by its id")
    may_withdraw(summarise)
    summarise.set_defaults(run=_summarise)


def _summarise(options: argparse.Namespace) -> int:
    from colanalysis import summary

    path = summary.write(
        options.folder,
        out=options.out,
        provider=options.provider,
        withdraw=options.withdraw,
        tell=tell,
    )
    print(path.resolve())
    return 0


def _add_merge(add: Add) -> None:
    merge = add("merge", help="a community folder made of several summaries")
    merge.add_argument("summaries", type=Path, nargs="+", metavar="SUMMARY")
    merge.add_argument("--out", type=Path, required=True, help="folder to write, new or empty")
    merge.add_argument("--id", default="", help="id of the community, else that of the first")
    merge.add_argument("--name", default="", help="name of the community, else that of the first")
    merge.set_defaults(run=_merge)


def _merge(options: argparse.Namespace) -> int:
    from colanalysis import merging

    made = merging.merge(options.summaries, out=options.out, id=options.id, name=options.name)
    for note in made.notes:
        print(note, file=sys.stderr)
    print(made.folder.resolve())
    return 0
