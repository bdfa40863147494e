"""Inert: what people wrote, as letters alone that no screen, spreadsheet or eye obeys."""

from __future__ import annotations

import re

# Letters that cannot be seen and are obeyed: control characters (a terminal's, and those that no
# picture may hold), what turns the order of the letters after it round, and halves of letters.
_OBEYED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
# What a spreadsheet takes for a formula, also behind blanks and quotation marks or in full width.
_FORMULA = re.compile(r"""[\t\n]|[\s"'`‘’“”\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠﹦﹢﹣﹫]""")


def text(words: str) -> str:
    r"""Give a text without the letters that are obeyed and not seen; lines end as they do here.

    >>> text("Rata\x1b[31m School")
    'Rata[31m School'
    """
    return _OBEYED.sub("", words.replace("\r\n", "\n").replace("\r", "\n"))


def cell(words: str) -> str:
    """Give a text as a spreadsheet may have it: an apostrophe stands before what looks like a formula.

    >>> cell("=1+1"), cell("Rata")
    ("'=1+1", 'Rata')
    """
    told = text(words)
    return f"'{told}" if _FORMULA.match(told) else told
