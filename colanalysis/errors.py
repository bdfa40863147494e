"""The errors a user of colanalysis can meet; each says what was found, expected and can be done.

ColanalysisError
├── UsageError      a wrong command, an unknown parameter, a folder that does not exist
├── SettingsError   community.toml or the catalogue is wrong
├── DataError       checks of the data that block
├── ReleaseError    what would be published would give somebody's results away
└── ReportError     a notebook failed, or a page was incomplete

The command line ends with the ``exit_code`` of the error it met. No message names a learner, and
what it quotes from files is harmless on a screen.
"""

from __future__ import annotations

from colanalysis import inert

__all__ = [
    "ColanalysisError",
    "DataError",
    "ReleaseError",
    "ReportError",
    "SettingsError",
    "UsageError",
]


class ColanalysisError(Exception):
    """Any problem that the user can put right.

    >>> print(ColanalysisError("found year 25", where="a.csv row 3", expected="four digits"))
    a.csv row 3: found year 25. Expected four digits.
    """

    exit_code = 1

    def __init__(
        self, found: str, *, where: str = "", expected: str = "", remedy: str = ""
    ) -> None:
        self.found, self.where, self.expected, self.remedy = found, where, expected, remedy
        super().__init__(_message(found, where, expected, remedy))


class UsageError(ColanalysisError):
    """The command, a parameter or the folder is not one that exists."""

    exit_code = 2


class SettingsError(ColanalysisError):
    """The community's settings or the catalogue of measures cannot be used as they are."""


class DataError(ColanalysisError):
    """The data have problems that block every analysis."""


class ReleaseError(ColanalysisError):
    """What would be published would give some learner's results away, so nothing was."""


class ReportError(ColanalysisError):
    """A report could not be made whole, so none was written."""


def _message(found: str, where: str, expected: str, remedy: str) -> str:
    found, where, expected, remedy = map(inert.text, (found, where, expected, remedy))
    said = f"{where}: {found}" if where else found
    if not expected and not remedy:
        return said
    parts = [said, f"Expected {expected}" if expected else "", remedy]
    return " ".join(
        part if part.endswith((".", "?", "!")) else f"{part}." for part in parts if part
    )
