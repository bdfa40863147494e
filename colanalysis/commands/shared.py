"""What several commands can be told, and what several say."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Add", "may_leave_out_years", "may_withdraw", "only_for_the_data_lead", "tell", "whole"]

# Adds a command by its name and gives its parser; argparse has no public name for whose method it is.
Add: TypeAlias = Callable[..., argparse.ArgumentParser]


def whole(text: str) -> int:
    """Read a whole number, at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("expected a whole number, at least 1")
    return int(text)


def may_leave_out_years(command: argparse.ArgumentParser) -> None:
    """Let a command be told the last year that counts."""
    command.add_argument("--year", type=int, help="leave out everything after this year")


def may_withdraw(command: argparse.ArgumentParser) -> None:
    """Let a command be told which earlier releases were taken back."""
    command.add_argument(
        "--withdraw", action="append", default=[], metavar="RELEASE",
        help="a release that was taken back wherever it was put (may be repeated)",
    )  # fmt: skip


def tell(text: str) -> None:
    """Say what is going on, beside what the command prints as its result."""
    print(f"{text} …", file=sys.stderr, flush=True)


def only_for_the_data_lead() -> None:
    """Say that what was printed or written is exact, and not for others."""
    print("Exact numbers, for the data lead only: do not pass on.", file=sys.stderr)
