"""The rules that tables are checked by: how grave a breach is, what was expected, what to do.

``blocks`` stops the work, ``set aside`` leaves the row out and counts it, ``warning`` goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["RULES", "SEVERITIES", "Rule"]


@dataclass(frozen=True)
class Rule:
    """What a table should hold and what to do when it does not; ``severity`` says what follows."""

    severity: str
    expected: str
    remedy: str


SEVERITIES = ("blocks", "set aside", "warning")
_BLOCKS, _ASIDE, _WARNING = SEVERITIES
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "missing column": Rule(
            _BLOCKS,
            "Every row of {table} needs the column {column}.",
            "Add the column, correct its heading, or map it with [[source]]; the first row of the "
            "file must hold the headings.",
        ),
        "no providers": Rule(
            _BLOCKS,
            "The community needs a providers table with at least one school or service.",
            "Write providers.csv with the columns provider_id, name and type.",
        ),
        "blank provider": Rule(
            _BLOCKS,
            "Every provider needs a provider_id, a name and a type.",
            "Fill in the blank cell or delete the row.",
        ),
        "unknown provider type": Rule(
            _BLOCKS,
            "The type of a provider is one of {known}.",
            "Correct the type; it decides the step of the pathway.",
        ),
        "duplicate provider": Rule(
            _BLOCKS, "Every provider is listed once.", "Delete one of the rows or correct its id."
        ),
        "duplicate learner": Rule(
            _BLOCKS,
            "Every learner is listed once; a move between schools belongs in enrolments.",
            "Join the rows of the learner into one or correct the id.",
        ),
        "unknown measure": Rule(
            _BLOCKS,
            "The measure is an id of the catalogue or of a [[measure]].",
            "Correct the id{nearest}, or define it as a [[measure]] in community.toml.",
        ),
        "success rule not set": Rule(
            _BLOCKS, "The measure {measure} needs a rule for success before it is used.", "{unset}"
        ),
        "blank cell": Rule(
            _ASIDE, "The column {column} is filled in on every row.", "Fill in the cell."
        ),
        "spoilt learner id": Rule(
            _ASIDE,
            "A learner_id is the text it was; a spreadsheet has made a rounded number of this one.",
            "Format the column as text where it still holds the ids, and export it again.",
        ),
        "unknown provider": Rule(
            _ASIDE,
            "The provider_id is one that the providers table lists.",
            "Add the provider or correct the id; ids are text, so leading zeros count.",
        ),
        "unknown learner": Rule(
            _ASIDE,
            "The learner_id is one that the learners table lists.",
            "Add the learner or correct the id; blanks, capitals and leading zeros do not matter.",
        ),
        "not a year": Rule(
            _ASIDE,
            "The year is a calendar year of four digits, next year at the latest.",
            "Correct the year.",
        ),
        "value off the scale": Rule(
            _ASIDE,
            "The value is on the scale of its measure and in its plausible range.",
            "Correct the value; marks such as <5 or * mean that the file is already an aggregate.",
        ),
        "measure does not apply": Rule(
            _ASIDE,
            "The result is from a year level at which its measure applies.",
            "Correct the measure or the year level, or widen year_levels of the [[measure]].",
        ),
        "duplicate result": Rule(
            _ASIDE,
            "A learner has one result for a measure, year and term; the last one is kept.",
            "Delete the earlier rows, or tell them apart in the column term.",
        ),
        "duplicate enrolment": Rule(
            _ASIDE,
            "An enrolment is listed once; the last one is kept.",
            "Delete the repeated rows.",
        ),
        "not a count": Rule(
            _ASIDE,
            "The column {column} holds a whole number from 0, or c where it is suppressed.",
            "Correct the number; a suppressed cell is c, never 0 or blank.",
        ),
        "more successes than learners": Rule(
            _ASIDE, "n_success is at most n.", "Correct the two numbers, or the headings."
        ),
        "unknown direction": Rule(
            _ASIDE, "The direction of a claim is success or hurdle.", "Write one of the two words."
        ),
        "amount is not a number": Rule(
            _ASIDE, "The amount of a resource is a number.", "Write the number without its unit."
        ),
        "not a number": Rule(
            _WARNING,
            "The column {column} holds plain numbers in a plausible range.",
            "Correct the number; until then it counts as missing.",
        ),
        "not a date": Rule(
            _WARNING,
            "A date is day/month/year or year-month-day, with a year of four digits.",
            "Correct the date; until then it counts as missing.",
        ),
        "end before start": Rule(
            _WARNING, "An enrolment ends after it starts.", "Check the two dates; both are kept."
        ),
        "not a year level": Rule(
            _WARNING,
            "The year level is 0 to 13, such as 5, Y5, Year 5 or NE.",
            "Correct the year level; until then it counts as missing.",
        ),
        "not yes or no": Rule(
            _WARNING,
            "The column {column} holds yes or no.",
            "Correct it; until then it counts as yes.",
        ),
        "count without a step": Rule(
            _WARNING,
            "A count has a year level, so that its step on the pathway is known.",
            "Add the year level; without it the count is read and not shown.",
        ),
        "count of an unknown group": Rule(
            _ASIDE,
            "The ethnicity of a count is a name or a code of the Ministry's list, or blank for all "
            "learners.",
            "Correct the cell; until then the row is left out, as nobody knows whom it counts.",
        ),
        "unknown ethnicity": Rule(
            _WARNING,
            "An ethnicity is a name or a code of the Ministry's list, ; between several.",
            "Correct the cell; until then what is not known counts as not recorded.",
        ),
        "spelled in several ways": Rule(
            _WARNING,
            "A group of {column} has one spelling; capitals, blanks and macrons differ here.",
            "Nothing needs doing: the spellings are taken as one group, under the commonest.",
        ),
        "not enrolled": Rule(
            _WARNING,
            "Every learner has a row in enrolments.",
            "Add the enrolment; without it the learner's step of the pathway is not known.",
        ),
        "after the latest year": Rule(
            _WARNING,
            "No result is later than the year in community.toml.",
            "Correct the year of the row, or set [community] year to the latest year.",
        ),
        "unknown measure of a claim": Rule(
            _WARNING,
            "The measure of a claim is an id of the catalogue or of a [[measure]].",
            "Correct the id; until then the claim stands without a measure.",
        ),
        "unknown provider of a row": Rule(
            _WARNING,
            "The column {column} holds an id that the providers table lists.",
            "Correct the id; until then the row stands for the whole community.",
        ),
        "too many different values": Rule(
            _WARNING,
            "The column {column} has too many different values to be a group.",
            "Remove the column, or sort its values into a few groups; it is not used.",
        ),
        "not an attribute": Rule(
            _WARNING,
            "The column {column} says something about results or enrolments, not about a learner.",
            "Move it to the table it belongs to, or rename it; it is not used.",
        ),
        "attribute not found": Rule(
            _WARNING,
            "The attribute {column} of community.toml is a column of learners.",
            "Correct the name in [community] attributes or the heading in learners.",
        ),
        "identifying column": Rule(
            _WARNING,
            "Tables hold no names, birth dates, addresses, contacts, remarks or second ids of "
            "learners; {column} was not read.",
            "Remove the column from the file: nothing here needs it.",
        ),
        "column not used": Rule(
            _WARNING,
            "The table {table} has no column of this name; it was not read.",
            "Correct the heading if the column is needed, else ignore this.",
        ),
        "column without a heading": Rule(
            _WARNING,
            "Every column has a heading; a column without one was not read.",
            "Write the heading, or delete the column.",
        ),
        "reserved heading": Rule(
            _WARNING,
            "The heading {column} is used by the software itself; the column was not read.",
            "Rename the column if it is needed.",
        ),
        "repeated heading row": Rule(
            _WARNING,
            "The headings stand once, in the first row; a repeated heading row was not read.",
            "Delete the repeated row.",
        ),
        "header only": Rule(
            _WARNING,
            "The file has rows below its headings.",
            "Fill it, or take the file away; an empty table is no harm.",
        ),
        "old encoding": Rule(
            _WARNING,
            "The file is text in UTF-8; this one was read as Windows-1252, which has no macrons.",
            "Save it as 'CSV UTF-8' and check the vowels with macrons.",
        ),
        "other sheets": Rule(
            _WARNING,
            "One sheet of a workbook holds the table; the further sheets were not read.",
            "Move tables of further sheets to files of their own.",
        ),
        "file not read": Rule(
            _WARNING,
            "A file of the folder is named after a table or listed as a [[source]].",
            "Rename the file after its table, list it as a [[source]], or move it away.",
        ),
    }
)
