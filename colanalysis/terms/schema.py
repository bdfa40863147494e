"""The tables of a community folder: what a row is, which columns it needs, what each one means.

Loading, checking, the guide and the error messages all read these definitions, so that a column has
one name and one meaning everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from colanalysis.terms.labels import plain

__all__ = [
    "IDENTIFYING",
    "PROVIDER_TYPES",
    "RESERVED",
    "SPOILT",
    "TABLES",
    "TOTAL",
    "Column",
    "Table",
    "column_name",
    "identifies",
]

PROVIDER_TYPES = (
    "ece",
    "primary",
    "intermediate",
    "composite",
    "secondary",
    "tertiary",
    "partner",
)


@dataclass(frozen=True)
class Column:
    """One column: ``kind`` is id, text, year, year_level, date, number, count, yes/no or level."""

    name: str
    kind: str
    means: str


@dataclass(frozen=True)
class Table:
    """One table; an ``open`` table keeps further columns (the attributes of its rows)."""

    name: str
    row_is: str
    required: tuple[Column, ...]
    also: tuple[Column, ...]
    open: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that the table defines, required ones first."""
        return tuple(column.name for column in self.required + self.also)


_LEARNER = Column("learner_id", "id", "the learner, by the same text in every table")
_PROVIDER = Column("provider_id", "id", "the school, kura or service, by the same text everywhere")
_YEAR = Column("year", "year", "the calendar year, four digits")
_LEVEL = Column("year_level", "year_level", "0 to 13 (NE is 0), blank in early childhood education")
_MEASURE = Column("measure", "text", "what was measured: an id of the catalogue or a [[measure]]")
_VALUE = Column("value", "level", "the result, on the scale of the measure")
_GENDER = Column("gender", "text", "the gender as recorded")
_ETHNICITY = Column("ethnicity", "text", "one or more names or Ministry codes, ; between them")
_DATE = Column("date", "date", "day/month/year or year-month-day")


def _tables(*tables: Table) -> Mapping[str, Table]:
    return MappingProxyType({table.name: table for table in tables})


TABLES: Mapping[str, Table] = _tables(
    Table(
        "providers",
        "a school, kura, early learning service or partner",
        (
            _PROVIDER,
            Column("name", "text", "the name to show in reports"),
            Column("type", "text", "one of " + ", ".join(PROVIDER_TYPES)),
        ),
        (
            Column("member", "yes/no", "whether it belongs to the community; blank is yes"),
            Column("eqi", "number", "the school's Equity Index number"),
            Column("roll", "number", "how many learners are on the roll"),
            Column("teachers_fte", "number", "full-time teacher equivalents"),
            Column("latitude", "number", "degrees, negative south of the equator"),
            Column("longitude", "number", "degrees east"),
        ),
        open=True,
    ),
    Table("learners", "a learner", (_LEARNER,), (_GENDER, _ETHNICITY), open=True),
    Table(
        "enrolments",
        "a learner in a year",
        (_LEARNER, _PROVIDER, _YEAR),
        (
            _LEVEL,
            Column("start_date", "date", "first day, day/month/year or year-month-day"),
            Column("end_date", "date", "last day, day/month/year or year-month-day"),
        ),
    ),
    Table(
        "observations",
        "one result of one learner on one occasion",
        (_LEARNER, _PROVIDER, _YEAR, _MEASURE, _VALUE),
        (
            Column("term", "text", "the school term or the occasion within the year"),
            _DATE,
            _LEVEL,
            Column("scale", "text", "the scale the result is on, where a tool has several"),
            Column("norm_version", "text", "the norms or the edition of the tool"),
        ),
    ),
    Table(
        "survey",
        "one anonymous answer (no learner id)",
        (_PROVIDER, _YEAR, _MEASURE, _VALUE),
        (_LEVEL, _GENDER, _ETHNICITY),
        open=True,
    ),
    Table(
        "counts",
        "an aggregate someone else made",
        (
            _PROVIDER,
            _YEAR,
            _MEASURE,
            Column("n", "count", "learners counted, or c where suppressed"),
            Column("n_success", "count", "learners succeeding, or c where suppressed"),
        ),
        (_LEVEL,),
        open=True,
    ),
    Table(
        "local_knowledge",
        "a claim that someone in the community makes",
        (
            Column("claim", "text", "what is known, in one sentence"),
            Column("source", "text", "the role of who says so, never a name"),
            Column("direction", "text", "success or hurdle"),
        ),
        (
            _MEASURE,
            Column("year_levels", "text", "the year levels it is about, such as 4-6"),
            Column("group", "text", "the learners it is about, such as gender=Female"),
            _PROVIDER,
            _DATE,
            Column(
                "consent",
                "text",
                "begins with yes where the words may be quoted; else they are not",
            ),
        ),
    ),
    Table(
        "resources",
        "something that can be put to work",
        (
            Column("resource", "text", "what it is"),
            Column("unit", "text", "what it is counted in, such as hours a week"),
            Column("amount", "number", "how much of it there is"),
        ),
        (
            Column("generated_by", "id", "the provider it comes from"),
            Column("rule", "text", "the rule it follows from"),
            Column("stays", "number", "how much of it stays where it comes from; blank is none"),
            Column("measure", "text", "the measure whose challenge it is put behind"),
            Column("reaches", "number", "how many learners one unit of it reaches in a year"),
            Column("at_least", "number", "whole units that every provider has in any case"),
        ),
    ),
    Table(
        "resource_rules",
        "a rule by which rolls bring something to put to work",
        (
            Column("rule", "text", "the name of the rule"),
            Column("resource", "text", "what it brings"),
            Column("unit", "text", "what that is counted in"),
            Column("per", "text", "provider or community: whose roll counts, and who gets it"),
            Column("amount", "number", "how much it brings"),
        ),
        (
            Column("roll_from", "number", "the smallest roll it holds for; blank is any"),
            Column("roll_to", "number", "the largest roll it holds for; blank is any"),
            Column("stays", "number", "how much of it is the provider's own; blank is none"),
            Column("from_year", "year", "the first year it holds in; blank is any"),
            Column("to_year", "year", "the last year it holds in; blank is any"),
            Column("source", "text", "where the rule is written down"),
        ),
    ),
    Table(
        "leadership",
        "a role that somebody has or should have",
        (
            Column("role", "text", "what the role is called"),
            Column("scope", "text", "across providers, or within one: across or within"),
        ),
        (
            _PROVIDER,
            Column("measure", "text", "the measure whose challenge it leads; blank is every one"),
            Column("held_by", "text", "who holds it, by role and never by name; blank is open"),
        ),
    ),
)

# In the place of a learner's id that a spreadsheet has spoilt, so that checking can tell the row.
SPOILT = "psn-spoilt"
# The same where the row is a total and nobody's.
TOTAL = "psn-total"

# Names that checking and linking add to tables: a file's own column of that name would be mistaken.
RESERVED = frozenset(
    ["learner", "mark", "profile", "score", "source_file", "source_row", "stage", "step", "success"]
)

_PERSON = ("akonga", "caregiver", "caregiver_1", "caregiver_2", "child", "doctor",
           "emergency_contact", "family", "father", "guardian", "kaiako", "learner", "mother",
           "next_of_kin", "parent", "parent_1", "parent_2", "person", "pupil", "student", "tamaiti",
           "teacher", "whanau", "whanau_contact")  # fmt: skip
# Words that may as well head a column of groups.
_GROUPS = ("akonga", "child", "family", "kaiako", "learner", "person", "pupil", "student",
           "tamaiti", "teacher", "whanau")  # fmt: skip
_DETAIL = ("address", "birth_date", "comment", "comments", "contact", "contact_number", "date_of_birth",
           "dob", "email", "email_address", "first_name", "full_name", "id", "last_name", "mobile",
           "name", "names", "no", "note", "notes", "number", "nsn", "phone", "phone_number",
           "surname")  # fmt: skip
_GENERAL = ("id", "no", "number")  # alone, they may be a school's
_ALONE = ("address_1", "address_2", "address_line_1", "address_line_2", "alias", "bank_account",
          "birth", "birth_certificate", "birth_certificate_number", "birthdate", "birthday", "cell",
          "cell_phone", "contact_details", "contact_name", "contact_phone", "contacts",
          "date_of_birth_dob", "day_of_birth", "e_mail", "emails", "enrolment_number", "family_name",
          "fax", "first_names", "firstname", "forename", "forenames", "free_text", "fullname",
          "given_name", "given_names", "home_address", "home_phone", "ingoa", "initials",
          "ird_number", "known_as", "lastname", "legal_first_name", "legal_name", "legal_surname",
          "login", "maiden_name", "middle_name", "middle_names", "mobile_number", "mobile_phone",
          "national_student_index_number", "national_student_number", "nhi", "nhi_number", "nsi",
          "nsi_number", "nsn_id", "nsn_number", "passport_number", "photo", "physical_address",
          "post_code", "postal_address", "postcode", "preferred_first_name", "preferred_name",
          "ra_whanau", "remark", "remarks", "residential_address", "sms_id", "street",
          "street_address", "telephone", "telephone_number", "user_id", "user_name",
          "username")  # fmt: skip

# A learner's id is what tables are joined by; it is read, and leaves loading as a pseudonym.
IDENTIFYING: frozenset[str] = frozenset(
    [*(what for what in _DETAIL if what not in _GENERAL), *_ALONE]
    + [f"{who}_{what}" for who in _PERSON for what in _DETAIL]
    + [who for who in _PERSON if who not in _GROUPS]
) - {"learner_id"}


def column_name(text: object) -> str:
    """Fold a heading to the form in which columns are named.

    >>> column_name(" Learner  ID "), column_name("Whānau-contact")
    ('learner_id', 'whanau_contact')
    """
    return re.sub(r"[\W_]+", "_", plain(text)).strip("_")


def identifies(table: str, column: str) -> bool:
    """Say whether a column (folded name) could name a person, and so is never read."""
    if (table, column) in [("survey", "learner_id"), ("counts", "learner_id"), ("learners", "id")]:
        return True
    return column in IDENTIFYING and column not in TABLES[table].columns
