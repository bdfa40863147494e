"""A sealed release as other programs meet it: plain JSON that comes back as it was written."""

import json

import numpy as np
import pandas as pd
import pytest

from colanalysis import sealed
from colanalysis.errors import UsageError
from colanalysis.sealed import Release


@pytest.fixture
def release():
    table = pd.DataFrame(
        {
            "name": ["Māori & <b>", '=1+"1"'],
            "n": [12.0, np.nan],
            "rate": [0.5, np.nan],
            "hidden": [np.nan, np.nan],
            "seen": [True, False],
            "year": [2024, 2025],
        }
    )
    empty = pd.DataFrame({"n": pd.Series(dtype=float)})
    return Release({"name": "T", "audience": "public"}, {"steps": table, "years": empty})


def stored(release, path):
    release.write(path)
    return json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)


def test_a_release_comes_back_as_it_was_written(release, tmp_path):
    release.write(tmp_path / "release.json")
    again = sealed.read(tmp_path / "release.json")
    assert again.about == release.about
    assert list(again.tables) == ["steps", "years"]
    pd.testing.assert_frame_equal(again.tables["steps"], release.tables["steps"], check_dtype=False)
    assert list(again.tables["years"]) == ["n"]


def test_the_same_release_gives_the_same_bytes_also_after_reading(release, tmp_path):
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    release.write(first)
    sealed.read(first).write(second)
    assert first.read_bytes() == second.read_bytes()


def test_the_file_is_utf8_with_one_line_end_everywhere(release, tmp_path):
    release.write(tmp_path / "release.json")
    written = (tmp_path / "release.json").read_bytes()
    assert "Māori".encode() in written
    assert b"\r" not in written
    assert written.endswith(b"}\n")


def test_missing_is_null_and_whole_numbers_have_no_point(release, tmp_path):
    rows = stored(release, tmp_path / "release.json")["tables"]["steps"]["rows"]
    assert rows == [
        ["Māori & <b>", 12, 0.5, None, True, 2024],
        ['=1+"1"', None, None, None, False, 2025],
    ]
    assert type(rows[0][1]) is int


@pytest.mark.parametrize(
    "value", [None, np.nan, pd.NA, pd.NaT, np.inf, -np.inf, np.float64("nan")], ids=str
)
def test_what_is_no_number_is_null(value, tmp_path):
    table = pd.DataFrame({"n": pd.Series([value, "text"], dtype=object)})
    written = stored(Release({}, {"t": table}), tmp_path / "release.json")
    assert written["tables"]["t"]["rows"] == [[None], ["text"]]


@pytest.mark.parametrize("value", [np.int64(3), np.float64(3), 3.0, 3], ids=repr)
def test_numbers_of_every_library_are_plain_numbers(value, tmp_path):
    table = pd.DataFrame({"n": pd.Series([value], dtype=object)})
    written = stored(Release({}, {"t": table}), tmp_path / "release.json")
    assert written["tables"]["t"]["rows"] == [[3]]


def test_shares_keep_four_decimals(tmp_path):
    table = pd.DataFrame({"share": [1 / 3]})
    written = stored(Release({}, {"t": table}), tmp_path / "release.json")
    assert written["tables"]["t"]["rows"] == [[0.3333]]


def test_a_number_about_a_release_that_is_none_is_refused(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        Release({"year": float("nan")}, {}).write(tmp_path / "release.json")


def test_a_column_in_which_all_is_hidden_can_be_reckoned_with_after_reading(release, tmp_path):
    release.write(tmp_path / "release.json")
    hidden = sealed.read(tmp_path / "release.json").tables["steps"]["hidden"]
    assert (hidden + 0.1).isna().all()


def test_text_of_an_empty_table_is_still_text_after_reading(tmp_path):
    empty = pd.DataFrame({"group": pd.Series(dtype="str")})
    Release({}, {"t": empty}).write(tmp_path / "release.json")
    group = sealed.read(tmp_path / "release.json").tables["t"]["group"]
    assert group.str.len().empty


def test_it_says_how_much_it_holds(release):
    assert repr(release) == "Release(T, public: 2 rows)"


def test_without_a_file_it_says_how_to_make_one(tmp_path):
    with pytest.raises(UsageError, match="no release at .*colanalysis report"):
        sealed.read(tmp_path / "release.json")
    with pytest.raises(UsageError, match="no release at"):
        sealed.read(tmp_path)


@pytest.mark.parametrize(
    "text",
    ['{"format": 99, "about": {}, "tables": {}}', "{}", "[]", "null", "id,n\n1,2\n", "", "\xff"],
)
def test_another_format_is_refused_with_what_to_do(text, tmp_path):
    path = tmp_path / "release.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(UsageError, match="not a release of this version.*colanalysis report"):
        sealed.read(path)
