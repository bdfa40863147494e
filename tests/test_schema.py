"""The definitions of the tables agree with the input contract and with themselves."""

from __future__ import annotations

import pytest

from colanalysis.terms import schema
from colanalysis.terms.schema import IDENTIFYING, RESERVED, TABLES, column_name, identifies

REQUIRED = {
    "providers": ["provider_id", "name", "type"],
    "learners": ["learner_id"],
    "enrolments": ["learner_id", "provider_id", "year"],
    "observations": ["learner_id", "provider_id", "year", "measure", "value"],
    "survey": ["provider_id", "year", "measure", "value"],
    "counts": ["provider_id", "year", "measure", "n", "n_success"],
    "local_knowledge": ["claim", "source", "direction"],
    "resources": ["resource", "unit", "amount"],
    "resource_rules": ["rule", "resource", "unit", "per", "amount"],
    "leadership": ["role", "scope"],
}


def test_required_columns_are_those_of_the_contract() -> None:
    assert {t.name: [c.name for c in t.required] for t in TABLES.values()} == REQUIRED


def test_tables_that_keep_further_columns() -> None:
    assert {name for name, table in TABLES.items() if table.open} == {
        "providers",
        "learners",
        "survey",
        "counts",
    }


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_columns_are_folded_once_each_and_explained(table: schema.Table) -> None:
    assert len(set(table.columns)) == len(table.columns)
    assert [column_name(name) for name in table.columns] == list(table.columns)
    assert all(column.means and column.kind for column in table.required + table.also)
    assert not RESERVED & set(table.columns)


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Learner ID", "learner_id"),
        ("  learner__id ", "learner_id"),
        ("LEARNER-ID", "learner_id"),
        ("Ētahi\u00a0Whānau", "etahi_whanau"),
        ("E-mail", "e_mail"),
        ("%", ""),
    ],
)
def test_headings_fold(heading: str, name: str) -> None:
    assert column_name(heading) == name


def test_identifying_names_are_folded() -> None:
    assert {column_name(name) for name in IDENTIFYING} == set(IDENTIFYING)


@pytest.mark.parametrize(
    "heading",
    ["First Name", "Surname", "NSN", "Date of birth", "DOB", "Home Phone", "E-mail", "Caregiver 1",
     "Caregiver name", "Parent email", "Street address", "Student Name", "Emergency contact phone",
     "Whānau name", "Student ID", "NSI number", "Birth", "Teacher comments", "Notes", "Rā whānau",
     "ID", "Pupil No", "Kaiako name", "Phone number", "Parent 1 phone number"],
)  # fmt: skip
def test_columns_that_name_a_person(heading: str) -> None:
    assert identifies("learners", column_name(heading))


def test_names_of_providers_and_ids_of_learners_are_read() -> None:
    assert not identifies("providers", "name")
    assert identifies("providers", "email")
    assert not identifies("learners", "learner_id")
    assert identifies("survey", "learner_id")
    assert not identifies("learners", "gender")
    assert not identifies("resources", "id")
    assert not [
        name for table in TABLES.values() for name in table.columns if identifies(table.name, name)
    ]
    for group in ("whanau", "family", "teacher", "number", "iwi", "town"):
        assert not identifies("learners", group)
