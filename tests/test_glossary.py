"""The words of a page: each with a meaning, and in te reo Māori only where the labels have it."""

import re
from collections import defaultdict
from dataclasses import replace
from types import SimpleNamespace

from bs4 import BeautifulSoup

from colanalysis import account, describe, page
from colanalysis.terms import glossary, labels

HIDDEN = "A number that is hidden, so that no learner can be recognised."


def told(release):
    """The words of a release before a page has chosen among them, English to meaning."""
    entries = BeautifulSoup(account.glossary(release), "html.parser").select("dl.words > div")
    return {entry.dt.get_text(): entry.dd.get_text() for entry in entries}


def with_settings(release, **changes):
    about = release.about | {"settings": release.about["settings"] | changes}
    return replace(release, about=about)


def test_every_word_is_explained_and_none_twice(public):
    found = told(public)
    assert len(found) == len(glossary.words(defaultdict(str))) >= 15
    assert all(means.endswith(".") for means in found.values())
    assert not [
        text for pair in found.items() for text in pair if re.search(r"[{}]|nan|None", text)
    ]


def test_numbers_in_meanings_are_those_of_the_settings(public):
    other = with_settings(public, rounding_base=5, smallest_gap=0.07)
    found = told(other)
    assert "Put to a multiple of 5 nearby" in found["Rounded"]
    assert "difference of 7 percentage points" in found["Strong evidence"]


def test_success_is_told_by_a_measure_of_the_report(public):
    first = next(iter(public.about["measures"].values()))["success"]
    assert f"such as: {first}. " in told(public)["Success\u00a0| Angitu"]
    bare = replace(public, about=public.about | {"measures": {}})
    assert "what its measure asks for. The table" in told(bare)["Success\u00a0| Angitu"]


def test_te_reo_maori_is_that_of_the_labels_and_stands_where_it_was_asked_for(public):
    both = {word.english: word.maori for word in glossary.words(defaultdict(str)) if word.maori}
    assert both == {"Success": "Angitu", "Hurdle": "Tauārai", "Group": "Rōpū"}
    assert both["Success"] == labels.label("direction.success", "mi")
    assert "Angitu\u00a0| Success" in told(with_settings(public, language_order="mi-en"))


def test_marks_mean_what_they_mean_under_a_table():
    means = {word.english: word.means for word in glossary.words(defaultdict(str))}
    assert means["c"] == HIDDEN
    for mark, meaning in page.MARKS.items():
        assert meaning.partition(",")[0] in means[mark]


def test_grades_and_words_for_few_are_written_as_findings_write_them(public):
    known = set(told(public))
    assert {labels.label(f"evidence.{grade}") for grade in ("strong", "moderate", "watch")} <= known
    words = [describe.instead(SimpleNamespace(mark=mark)) for mark in ("few", "most")]
    assert words == ["fewer than 6", "nearly all"]
    assert {"Fewer than 6", "Nearly all"} <= known
