"""The rules that tables are checked by: what is looked for, how grave a breach is, what to do.

``blocks`` stops the work, ``set aside`` leaves the row out and counts it, ``warning`` goes on. The rules
are data (reference/checks.toml), told in ``docs/checks.md``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

__all__ = ["RULES", "SEVERITIES", "Rule"]

SEVERITIES = ("blocks", "set aside", "warning")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a rule looks for and why it matters, what a table should hold, and what to do if it does not.

    ``severity`` says what follows; words in braces are filled in by ``problems.note``.
    """

    severity: str
    looks_for: str
    why: str
    expected: str
    remedy: str


def _read() -> Mapping[str, Rule]:
    path = files("colanalysis") / "reference" / "checks.toml"
    checks = tomllib.loads(path.read_text(encoding="utf-8"))["check"]
    return MappingProxyType({check.pop("id"): Rule(**check) for check in checks})


RULES = _read()
