"""A learner has one pseudonym under one key, however written, and none tells who it is."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

import pandas as pd
import pytest
from aliases import alias, link_key
from hypothesis import given
from hypothesis import strategies as st

from colanalysis import custody, pseudonym
from colanalysis.terms.settings import Community

KEY = link_key()
IDS = st.text(max_size=12) | st.text("0123456789 \u200b\u00a0eE+.-", max_size=14)


def one(text: str, key: bytes = KEY) -> str:
    return pseudonym.of(pd.Series([text], dtype="str"), key).iloc[0]


def test_a_pseudonym_is_the_keyed_hash_of_the_id() -> None:
    assert one("123456789") == alias("123456789")
    assert one("abc") == alias("abc")
    digest = hmac.new(KEY, b"learner|0123456789", hashlib.sha256).digest()[:16]
    bits = f"{int.from_bytes(digest, 'big'):0128b}00"
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    by_hand = "".join(letters[int(bits[at : at + 5], 2)] for at in range(0, 130, 5))
    assert one("123456789") == f"psn-{by_hand}"


@pytest.mark.parametrize(
    "styles",
    [
        ["123456789", "0123456789", "00000123456789", " 123456789\u00a0", "\ufeff123\u200b456 789",
         "１２３４５６７８９"],
        ["AB-12", "ab-12", " aB-12", "ＡＢ-12", "A\u200dB-\u206012", "a b - 1 2"],
        ["Wha\u0304nau 7", "whānau7", "WHĀNAU 7"],
        ["0", "00", "0000000000"],
    ],
)  # fmt: skip
def test_a_learner_written_in_many_styles_has_one_pseudonym(styles: list[str]) -> None:
    assert pseudonym.of(pd.Series(styles, dtype="str"), KEY).nunique() == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [("1", "10"), ("01a", "1a"), ("1234567890", "12345678901"), ("a-1", "a1"), ("0", "o")],
)
def test_learners_who_differ_have_different_pseudonyms(a: str, b: str) -> None:
    assert one(a) != one(b)


@given(IDS)
def test_writing_an_id_as_it_should_be_twice_changes_nothing(text: str) -> None:
    once = pseudonym.normal(text)
    assert pseudonym.normal(once) == once
    assert not any(letter.isspace() for letter in once)


@given(IDS, st.data())
def test_blanks_width_case_and_zeros_never_matter(text: str, data: st.DataObject) -> None:
    if "." in text or "," in text or "e" in text.casefold():
        return
    known = one(text)
    at = data.draw(st.integers(0, len(text)))
    if at == len(text) or not unicodedata.combining(text[at]):
        filler = data.draw(st.sampled_from(["\u200b", " ", "\u00a0", "\u2060", "\ufeff", "\t"]))
        assert one(text[:at] + filler + text[at:]) == known
    assert one(unicodedata.normalize("NFKC", text)) == known
    if text.isascii() and text.isdigit():
        assert one("0" + text) == known


@given(IDS)
def test_a_pseudonym_stays_and_blank_stays_blank(text: str) -> None:
    known = one(text)
    assert one(known) == known
    assert (known == "") == (pseudonym.normal(text) == "")


def test_rows_keep_their_place_and_each_id_is_worked_out_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digests = []
    true_digest = hmac.digest

    def counted(*given: object) -> bytes:
        digests.append(given)
        return true_digest(*given)

    monkeypatch.setattr(hmac, "digest", counted)
    ids = pd.Series(["7", "", "8", "7", "7"], index=[9, 3, 5, 1, 0], dtype="str", name="learner_id")
    found = pseudonym.of(ids, KEY)
    monkeypatch.undo()
    assert len(digests) == 2
    assert found.tolist() == [alias("7"), "", alias("8"), alias("7"), alias("7")]
    assert found.index.equals(ids.index)


def test_no_ids_have_no_pseudonyms() -> None:
    nothing = pd.Series([], dtype="str")
    assert pseudonym.of(nothing, KEY).tolist() == []
    assert pseudonym.spoilt(nothing).tolist() == []


SPOILT = ["1.23E+08", "1,23E+08", "1e+16", "1.23e8", "123456789.0", "123456789,00", "12.",
          " 1.23 E+08", "psn-spoilt"]  # fmt: skip
SOUND = ["123456789", "1e5", "12E3", "12.5", "1.2.0", "e+08", "E1.0", "2025-03-04", "", alias("1")]


def test_ids_that_a_spreadsheet_has_spoilt_are_known() -> None:
    ids = pd.Series(SPOILT + SOUND, dtype="str")
    assert pseudonym.spoilt(ids).tolist() == [True] * len(SPOILT) + [False] * len(SOUND)
    assert set(pseudonym.of(ids, KEY).iloc[: len(SPOILT)]) == {"psn-spoilt"}
    assert pseudonym.of(ids, KEY).iloc[len(SPOILT) :].str.fullmatch(r"|psn-[a-z2-7]{26}").all()


def test_two_communities_have_no_pseudonym_in_common(tmp_path) -> None:
    ids = pd.Series([str(number) for number in range(2_000)], dtype="str")
    a, b = (
        set(pseudonym.of(ids, custody.keys(Community(folder=tmp_path, id=name, name="A")).link))
        for name in ("one-of-two", "two-of-two")
    )
    assert len(a) == len(b) == 2_000
    assert not a & b


def test_whoever_tries_all_numbers_without_the_key_finds_nobody() -> None:
    ids = [f"{number:010d}" for number in range(100_000)]
    known = set(pseudonym.of(pd.Series(ids[:5_000], dtype="str"), KEY))
    heads = {_bits(text) for text in known}
    assert len(heads) == 5_000
    guesses = {
        hashlib.sha256(start + text.encode()).digest()[:16]
        for text in ids
        for start in (b"", b"learner|")
    }
    assert not guesses & heads


def _bits(text: str) -> bytes:
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    number = 0
    for letter in text.removeprefix("psn-"):
        number = number * 32 + letters.index(letter)
    return (number >> 2).to_bytes(16, "big")
