from __future__ import annotations

import csv
import io
import re
import tomllib
from contextlib import AbstractContextManager
from dataclasses import fields
from pathlib import Path
from typing import IO

import pandas as pd
import pytest

from colanalysis import begin, check, load
from colanalysis.errors import DataError, UsageError
from colanalysis.starting import directories, discover, outline
from colanalysis.terms import sections, settings
from colanalysis.terms.schema import PROVIDER_TYPES, TABLES

TEMPLATES = [
    "providers", "learners", "enrolments", "observations", "survey", "local_knowledge", "resources",
    "leadership",
]  # fmt: skip

SCHOOLS = """\
School ID,Name,Street,Telephone,School Type,Community of Learning: ID,Community of Learning: Name,\
Longitude ,Latitude,Decile,Total School Roll,European/ Pakeha,Maori,Pasifika,Asian,MELAA,Other,\
International Students
0012,Te Awa School ,1 Secret Street,09 111,Full Primary,99901,Te Awa Community,174.5,-36.5,3,"1,020",\
400,300,200,100,10,5,5
13,Awa College,2 Secret Street,09 222,Secondary (Year 9-15),99901,Te Awa Community,174.6,-36.6,99,\
500,100,300,50,50,0,0,0
14,Maunga School,3 Secret Street,09 333,Contributing,99902,Maunga Community,174.7,-36.7,5,90,\
90,0,0,0,0,0,0
15,Alone School,4 Secret Street,09 444,Intermediate,,,174.8,-36.8,,80,80,0,0,0,0,0,0
"""

SERVICES = """\
,,,,,,,,,,,,
Early Childhood Services Directory – made up,,,,,,,,,,,,
Roll data as at 1 July 2031,,,,,,,,,,,,
,,,,,,,,,,,,
Number,Name,Email^,Institution Type,Equity Index,Community of Learning: ID,\
Community of Learning: Name,Total Roll,Maori,Pacific,Asian*,European Pakeha*,Other*
5001,Awa Kindergarten – North,secret@example.org,Free Kindergarten,EQI 2,99901,Te Awa Kahui,40,20,5,0,15,0
9001,Te Kohanga Reo o Te Awa,secret@example.org,Te Kohanga Reo,Not Applicable / Unknown,99901,\
Te Awa Kahui,16,12,0,0,0,4
5002,Far Playcentre,,Playcentre,EQI 5+,,,8,1,1,1,1,4
"""


@pytest.fixture
def both(tmp_path: Path) -> list[Path]:
    schools, services = tmp_path / "schools_2030.csv", tmp_path / "services.csv"
    schools.write_text(SCHOOLS, encoding="utf-8")
    services.write_bytes(SERVICES.encode("cp1252"))
    return [schools, services]


def rows(folder: Path) -> dict[str, dict[str, str]]:
    text = (folder / "providers.csv").read_text(encoding="utf-8-sig")
    return {row["provider_id"]: row for row in csv.DictReader(io.StringIO(text))}


def everything(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def uncommented(text: str) -> str:
    """The settings with every commented entry switched on."""
    return re.sub(r"(?m)^# (?=\[|[a-z_0-9]+ = )", "", text)


# --- without directories


def test_a_new_folder_has_settings_and_empty_tables(tmp_path: Path) -> None:
    made = begin.folder(tmp_path / "deep" / "Te Awa")
    assert made == tmp_path / "deep" / "Te Awa"
    assert sorted(everything(made)) == sorted(["community.toml", *(f"{t}.csv" for t in TEMPLATES)])
    for name in TEMPLATES:
        # without this mark Excel would lose the macrons that are typed in
        assert (made / f"{name}.csv").read_bytes().startswith(b"\xef\xbb\xbf")
        lines = (made / f"{name}.csv").read_text(encoding="utf-8-sig").splitlines()
        assert lines == [",".join(TABLES[name].columns)]
    community = settings.read(made)
    assert (community.id, community.name) == ("te-awa", "Te Awa")
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]


def test_a_community_number_without_directory_is_kept(tmp_path: Path) -> None:
    assert settings.read(begin.folder(tmp_path / "a", community_id="99901")).id == "99901"


def test_what_was_not_chosen_has_the_defaults(tmp_path: Path) -> None:
    made = settings.read(begin.folder(tmp_path / "a"))
    assert made.settings == settings.Settings()
    assert made.stages == settings.DEFAULT_STAGES
    assert made.privacy == settings.Privacy()
    assert made.sources == ()
    assert made.year is None


def test_every_setting_is_explained_once(tmp_path: Path) -> None:
    text = (begin.folder(tmp_path / "a") / "community.toml").read_text(encoding="utf-8")
    for setting in fields(settings.Settings):
        assert len(re.findall(rf"(?m)^# {setting.name} = .+  # .+", text)) == 1, setting.name


def test_what_stands_behind_the_comments_can_be_used(tmp_path: Path) -> None:
    made = begin.folder(tmp_path / "a")
    file = made / "community.toml"
    file.write_text(uncommented(file.read_text(encoding="utf-8")), encoding="utf-8")
    community = settings.read(made)
    assert community.settings == settings.Settings()
    assert community.stages == settings.DEFAULT_STAGES
    assert "reading_for_pleasure" in community.measures
    assert community.sources[0].options["table"] == "observations"
    assert community.sections == sections.IDS
    assert len(community.plans) == 1
    assert community.privacy.approver


@pytest.mark.parametrize("name", ['Te "Awa" \\ #1', "Ōtākou\x7f\n[settings]", "{id}"])
def test_any_name_makes_settings_that_can_be_read(name: str) -> None:
    found = pd.DataFrame({"file": [name], "columns": ["a; b"]})
    text = outline.settings_text(community_id="7", name=name, remarks=[name], found=found)
    assert tomllib.loads(text)["community"]["name"] == name
    assert tomllib.loads(uncommented(text))["source"][0]["file"] == name


# --- exports that lie there already


def test_exports_are_listed_by_their_column_names(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    (folder / "exports").mkdir(parents=True)
    (folder / "exports" / "marks.csv").write_text(
        "NSN ID,Result,Whānau group\n0001234,Secret value,x\n", encoding="utf-8"
    )
    (folder / "no header.csv").write_text("0001234,Aroha,F\n0001235,Hemi,M\n", encoding="utf-8")
    (folder / "roster.csv").write_text("Aroha,F\nHemi,M\nRewa,F\n", encoding="utf-8")
    (folder / "notes.txt").write_text("Aroha needs glasses\n", encoding="utf-8")
    (folder / "learners.csv").write_text("learner_id,ell\n1,yes\n", encoding="utf-8")
    (folder / ".hidden.csv").write_text("a,b\n", encoding="utf-8")
    found = dict(discover.exports(folder).values)
    assert found == {
        "exports/marks.csv": "nsn_id; result; whanau_group",
        "no header.csv": "",
        "notes.txt": "",
        "roster.csv": "",
    }
    before = everything(folder)
    begin.folder(folder)
    after = everything(folder)
    assert {name: after[name] for name in before} == before
    text = after["community.toml"].decode()
    assert 'file = "exports/marks.csv"\n# its columns: nsn_id; result; whanau_group\n' in text
    assert not re.search("Secret|Aroha|Hemi|0001234", text)
    assert list(load.community(folder).frames["learners"]["ell"]) == ["yes"]


def test_no_exports_in_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    assert list(discover.exports(tmp_path / "a").columns) == ["file", "columns"]
    assert len(discover.exports(tmp_path / "a")) == 0


# --- with directories


def test_members_come_from_both_directories(tmp_path: Path, both: list[Path]) -> None:
    made = begin.folder(tmp_path / "a", directories=both, community_id=" 99901 ")
    found = rows(made)
    assert list(found) == ["0012", "13", "5001", "9001"]
    assert [row["type"] for row in found.values()] == ["primary", "secondary", "ece", "ece"]
    assert {row["member"] for row in found.values()} == {"yes"}
    assert [row["roll"] for row in found.values()] == ["1020", "500", "40", "16"]
    assert [row["decile"] for row in found.values()] == ["3", "", "", ""]
    assert [row["equity_index"] for row in found.values()] == ["", "", "EQI 2", ""]
    school = found["0012"]
    assert school["name"] == "Te Awa School"
    assert found["5001"]["name"] == "Awa Kindergarten – North"
    assert (school["longitude"], school["latitude"]) == ("174.5", "-36.5")
    ethnic = ["maori", "pacific", "asian", "melaa", "european", "other", "international"]
    assert [school[f"roll_{name}"] for name in ethnic] == [
        "300",
        "200",
        "100",
        "10",
        "400",
        "5",
        "5",
    ]
    assert [found["5001"][f"roll_{n}"] for n in ethnic] == ["20", "5", "0", "", "15", "0", ""]
    # the directory counts these two under "other" for kōhanga reo
    assert [found["9001"][f"roll_{n}"] for n in ethnic] == ["12", "0", "", "", "", "4", ""]


def test_contact_details_are_never_taken(tmp_path: Path, both: list[Path]) -> None:
    made = begin.folder(tmp_path / "a", directories=both, community_id="99901")
    written = b"".join(everything(made).values()).lower()
    for word in (b"secret", b"street", b"09 111", b"telephone"):
        assert word not in written


def test_settings_name_the_community_and_its_sources(tmp_path: Path, both: list[Path]) -> None:
    made = begin.folder(tmp_path / "a", directories=both, community_id="99901")
    community = settings.read(made)
    assert (community.id, community.name) == ("99901", "Te Awa Community")
    text = (made / "community.toml").read_text(encoding="utf-8")
    assert "schools_2030.csv: 2030" in text
    assert "services.csv: Roll data as at 1 July 2031" in text
    assert "Also named Te Awa Kahui" in text
    assert str(tmp_path) not in text


def test_the_made_folder_loads_and_passes_its_checks(tmp_path: Path, both: list[Path]) -> None:
    made = begin.folder(tmp_path / "a", directories=both, community_id="99901")
    checked = check.tables(load.community(made))
    assert not (checked.problems["severity"] == "blocks").any()
    providers = checked.frames["providers"].set_index("provider_id")
    assert providers["roll"].to_dict() == {"0012": 1020, "13": 500, "5001": 40, "9001": 16}
    assert providers.loc["0012", "roll_maori"] == "300"


def test_published_names_of_today_are_known(tmp_path: Path) -> None:
    file = tmp_path / "directory.csv"
    file.write_text(
        "School_Id,Org_Name,Org_Type,Col_Id,Col_Name,EQi_Index,Roll_Date,Total,Māori\n"
        "7,Te Kura,Composite,99903,Te Kāhui,455,1/07/2024,12,12\n",
        encoding="utf-8-sig",
    )
    made = begin.folder(tmp_path / "a", directories=[file], community_id="99903")
    row = rows(made)["7"]
    assert (row["type"], row["eqi"], row["roll"], row["roll_maori"]) == (
        "composite",
        "455",
        "12",
        "12",
    )
    assert "decile" not in row
    assert "directory.csv: roll of 1/07/2024" in (made / "community.toml").read_text("utf-8")


def test_a_directory_in_the_folder_is_not_an_export(tmp_path: Path, both: list[Path]) -> None:
    begin.folder(tmp_path, directories=both, community_id="99901")
    assert '[[source]]\n# file = "s' not in (tmp_path / "community.toml").read_text("utf-8")


# --- errors


def test_an_unknown_community_is_refused_with_the_closest(tmp_path: Path, both: list[Path]) -> None:
    with pytest.raises(UsageError, match=r"2 communities.*closest.*9990[12]") as error:
        begin.folder(tmp_path / "a", directories=both, community_id="99909")
    assert error.value.exit_code == 2
    with pytest.raises(UsageError, match="closest are 99902 Maunga Community"):
        begin.folder(tmp_path / "a", directories=both, community_id="maunga comunity")
    with pytest.raises(UsageError, match="without a community"):
        begin.folder(tmp_path / "a", directories=both)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("Community of Learning: ID", "CoL"), "no column for community_id"),
        (("School Type", "Kind"), r"no column for type \(such as school_type\)"),
        (("Full Primary", "Circus"), 'schools.csv, row 2: the type "Circus" is not known'),
        (("13,Awa", "0012,Awa"), "0012 occurs more than once"),
    ],
)
def test_a_directory_that_cannot_be_used(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    file = tmp_path / "schools.csv"
    file.write_text(SCHOOLS.replace(*change), encoding="utf-8")
    with pytest.raises(DataError, match=said) as error:
        begin.folder(tmp_path / "a", directories=[file], community_id="99901")
    assert "schools.csv" in str(error.value)
    assert error.value.expected
    assert error.value.remedy
    assert "Street" not in str(error.value)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04\x00\x81\x00\xff", b"\n" * 40 + b"Number,Name"]
)
def test_a_file_that_is_no_directory(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "directory.csv"
    file.write_bytes(content)
    with pytest.raises(DataError, match=r"directory\.csv"):
        directories.read([file])
    with pytest.raises(DataError, match="cannot be opened"):
        directories.read([tmp_path / "none.csv"])


# --- nothing is overwritten, nothing is half written


def test_a_started_folder_is_left_as_it_is(tmp_path: Path, both: list[Path]) -> None:
    made = begin.folder(tmp_path / "a")
    before = everything(made)
    for given in ({}, {"directories": both, "community_id": "99901"}):
        with pytest.raises(UsageError, match="already"):
            begin.folder(made, **given)
    assert everything(made) == before


def test_a_table_of_providers_is_left_as_it_is(tmp_path: Path, both: list[Path]) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "Providers.xlsx").write_bytes(b"kept")
    with pytest.raises(UsageError, match="table of providers already"):
        begin.folder(folder, directories=both, community_id="99901")
    assert everything(folder) == {"Providers.xlsx": b"kept"}


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x", encoding="utf-8")
    for target in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(UsageError):
            begin.folder(target)
    assert everything(tmp_path) == {"a": b"x"}


class FullDisk(AbstractContextManager):
    def __init__(self, file: IO[str]) -> None:
        self.file = file

    def write(self, text: str) -> None:
        self.file.write(text[:3])
        raise OSError(28, "No space left on device")

    def __exit__(self, *_: object) -> None:
        self.file.close()


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("fails", ["providers.csv", "survey.csv", "community.toml"])
def test_a_failed_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool, fails: str
) -> None:
    folder = tmp_path / "deep" / "a"
    if there:
        folder.mkdir(parents=True)
        (folder / "export.csv").write_text("a,b\n", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    really = Path.open

    def on_a_full_disk(self: Path, mode: str = "r", **how: object) -> object:
        file = really(self, mode, **how)
        return FullDisk(file) if self.name == fails and mode == "x" else file

    monkeypatch.setattr(Path, "open", on_a_full_disk)
    with pytest.raises(UsageError, match="No space left"):
        begin.folder(folder)
    monkeypatch.undo()
    assert sorted(tmp_path.rglob("*")) == before
    begin.folder(folder)
    assert (folder / "community.toml").exists()


# --- the published directories


def published(real: Path, *, tidy: bool) -> list[Path]:
    services = "ece_services_2020" if tidy else "Directory-ECE-Current_contact_columns_blanked"
    return [
        real / "nz_school_directory" / "schools_2017.csv",
        real / "nz_ece_directory" / f"{services}.csv",
    ]


@pytest.mark.real
@pytest.mark.parametrize("tidy", [True, False])
@pytest.mark.parametrize("community_id", ["99051", "99006", "99085", "99177", "99117"])
def test_real_members_and_rolls(tmp_path: Path, real: Path, community_id: str, tidy: bool) -> None:
    made = begin.folder(
        tmp_path / "a", directories=published(real, tidy=tidy), community_id=community_id
    )
    checked = check.tables(load.community(made))
    assert not (checked.problems["severity"] == "blocks").any()
    found = pd.read_csv(made / "providers.csv", dtype={"provider_id": str})
    schools, services = (
        pd.read_csv(file, dtype={"Community of Learning: ID": str})
        for file in published(real, tidy=True)
    )
    schools = schools[schools["Community of Learning: ID"] == community_id]
    services = services[services["Community of Learning: ID"] == community_id]
    numbers = [*schools["School ID"].astype(str), *services["Number"].astype(str)]
    assert list(found["provider_id"]) == numbers
    assert set(found["type"]) <= set(PROVIDER_TYPES)
    assert (found["type"] == "ece").sum() == len(services)
    names = {
        "roll": ("Total School Roll", "Total Roll"),
        "roll_maori": ("Maori", "Maori"),
        "roll_pacific": ("Pasifika", "Pacific"),
        "roll_asian": ("Asian", "Asian*"),
        "roll_european": ("European/ Pakeha", "European Pakeha*"),
        "roll_other": ("Other", "Other*"),
    }
    for ours, (of_schools, of_services) in names.items():
        assert found[ours].sum() == schools[of_schools].sum() + services[of_services].sum(), ours
    assert found["roll_melaa"].sum() == schools["MELAA"].sum()


@pytest.mark.real
def test_real_every_community_can_be_started(
    tmp_path: Path, real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = published(real, tidy=True)[0]
    table = directories.read([file])
    # reading the directory 197 times is what would take long
    monkeypatch.setattr(directories, "read", lambda _: table)
    known = pd.read_csv(file, dtype=str, keep_default_na=False).groupby("Community of Learning: ID")
    sizes = known.size().drop("").to_dict()
    for community_id, size in sizes.items():
        made = begin.folder(tmp_path / community_id, directories=[file], community_id=community_id)
        assert len(rows(made)) == size
        assert settings.read(made).id == community_id
    assert len(sizes) == 197
