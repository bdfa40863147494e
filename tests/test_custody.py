"""Keys lie outside the community's folder, in a file for one person, and are whole or not there."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from aliases import mac

from colanalysis import custody
from colanalysis.cli import main
from colanalysis.errors import SettingsError, UsageError
from colanalysis.terms.settings import Community, Privacy, read

posix = pytest.mark.skipif(os.name != "posix", reason="permissions of another kind")
USES = ("link", "round", "ledger", "files")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's settings, empty."""
    made = tmp_path / "settings"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(made))
    monkeypatch.setenv("APPDATA", str(made))
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "community"
    made.mkdir()
    return made


def community(folder: Path, key_file: str = "", **choices: object) -> Community:
    said: dict = {"folder": folder, "id": "te-awa", "name": "Te Awa", **choices}
    return Community(**said, privacy=Privacy(key_file=key_file))


def put(path: Path, text: str, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="ascii")
    path.chmod(mode)
    return path


def all_of(keys: custody.Keys) -> list[bytes]:
    return [getattr(keys, use) for use in USES]


def test_keys_are_derived_as_rfc_5869_says() -> None:
    # Test case 1 of appendix A.
    drawn = custody.hkdf(
        bytes.fromhex("0b" * 22),
        bytes.fromhex("f0f1f2f3f4f5f6f7f8f9"),
        salt=bytes(range(13)),
        length=42,
    )
    assert drawn.hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )


def test_each_use_has_a_key_of_its_own_made_from_the_master(home: Path, folder: Path) -> None:
    keys = custody.keys(community(folder))
    path = home / "colanalysis" / "keys" / "te-awa.key"
    words, digits, after = path.read_text(encoding="ascii").split("\n")
    assert (len(words.split()) > 3, len(digits), after) == (True, 64, "")
    drawn = mac(b"colanalysis", bytes.fromhex(digits))
    assert all_of(keys) == [mac(drawn, use.encode() + b"\x01") for use in USES]
    assert len(set(all_of(keys))) == len(USES)
    assert re.fullmatch("[a-z2-7]{8}", keys.id)


def test_a_key_is_made_once_and_stays(home: Path, folder: Path) -> None:
    first = custody.keys(community(folder))
    assert custody.keys(community(folder)) == first
    assert [path.name for path in (home / "colanalysis" / "keys").iterdir()] == ["te-awa.key"]


@pytest.mark.usefixtures("home")
def test_keys_do_not_show_in_words(folder: Path) -> None:
    keys = custody.keys(community(folder))
    assert repr(keys) == f"Keys(id='{keys.id}')"


@posix
def test_the_key_is_for_its_owner_alone(home: Path, folder: Path) -> None:
    before = os.umask(0)
    try:
        custody.keys(community(folder))
        custody.rotate(community(folder))
    finally:
        os.umask(before)
    keys = home / "colanalysis" / "keys"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()] == [0o600, 0o600]


def test_a_made_up_community_has_the_same_keys_everywhere_and_no_file(
    home: Path, folder: Path
) -> None:
    keys = custody.keys(community(folder, made_up=True))
    assert keys == custody.keys(community(folder / "elsewhere", made_up=True))
    assert keys != custody.keys(community(folder, made_up=True, id="other"))
    assert not home.exists()


def test_ids_that_no_file_name_tells_apart_have_keys_of_their_own(home: Path, folder: Path) -> None:
    ids = ["te awa", "te/awa", "te-awa", "Te-Awa", "../te-awa", "Kāhui", "Kähui"]
    places = {custody.place(community(folder, id=one)) for one in ids}
    assert len({str(path).casefold() for path in places}) == len(ids)
    assert {path.parent for path in places} == {(home / "colanalysis" / "keys").resolve()}


def test_a_key_file_of_the_settings_is_used(home: Path, folder: Path) -> None:
    (folder / "community.toml").write_text(
        '[community]\nid = "a"\nname = "A"\n[privacy]\nkey_file = "../kept/our.key"\n',
        encoding="utf-8",
    )
    keys = custody.keys(read(folder))
    assert (folder.parent / "kept" / "our.key").is_file()
    assert custody.keys(community(folder, str(folder.parent / "kept" / "our.key"))) == keys
    assert not home.exists()


def test_a_tilde_is_the_users_own_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert custody.place(community(folder, "~/a.key")) == (tmp_path / "a.key").resolve()


def test_settings_without_a_folder_of_their_own_are_the_usual_ones(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for value in ("", "relative"):
        monkeypatch.setenv("XDG_CONFIG_HOME", value)
        monkeypatch.setenv("APPDATA", value)
        assert custody.place(community(folder)).is_relative_to(tmp_path.resolve())


@pytest.mark.parametrize("name", ["our.key", "deep/our.key", "../community/our.key", "{folder}/x"])
def test_a_key_inside_the_communitys_folder_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"inside the community's folder.*key_file"):
        custody.keys(community(folder, name.format(folder=folder)))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["~nobody-of-that-name/our.key", "a\0b"])
def test_a_path_that_means_nothing_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"key_file: found a place that does not exist"):
        custody.place(community(folder, name))


@posix
def test_links_lead_no_key_into_the_folder_and_none_out(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    (folder / "out.key").symlink_to(tmp_path / "outside.key")
    seen_from_a_link = community(tmp_path / "link", str(folder / "our.key"))
    for one in (
        community(folder, str(tmp_path / "link" / "our.key")),
        community(folder, "out.key"),
        seen_from_a_link,
    ):
        with pytest.raises(SettingsError, match="inside the community's folder"):
            custody.keys(one)
    assert not (tmp_path / "outside.key").exists()


@posix
@pytest.mark.parametrize("mode", [0o640, 0o620, 0o604, 0o602, 0o666])
def test_a_key_that_others_may_read_or_write_is_refused(
    folder: Path, tmp_path: Path, mode: int
) -> None:
    path = put(tmp_path / "our.key", f"words\n{'ab' * 32}\n", mode)
    with pytest.raises(SettingsError, match="chmod 600") as caught:
        custody.keys(community(folder, str(path)))
    assert "abab" not in str(caught.value)
    path.chmod(0o600)
    custody.keys(community(folder, str(path)))


@pytest.mark.parametrize(
    "text", ["", "words\n", f"{'ab' * 32}\n", f"words\n{'ab' * 31}\n", f"words\n{'zx' * 32}\n",
             f"words\n{'ab' * 32}\n{'ab' * 32}\n", f"words\n{'ab' * 4000}\n"],
)  # fmt: skip
def test_what_is_no_key_is_refused_and_not_told(folder: Path, tmp_path: Path, text: str) -> None:
    path = put(tmp_path / "our.key", text)
    with pytest.raises(SettingsError, match="not a key") as caught:
        custody.keys(community(folder, str(path)))
    assert not re.search("abab|zxzx", str(caught.value))
    assert path.read_text(encoding="ascii") == text


def test_a_key_that_a_windows_editor_saved_is_read(folder: Path, tmp_path: Path) -> None:
    path = put(tmp_path / "our.key", f"words\n{'ab' * 32}\n")
    keys = custody.keys(community(folder, str(path)))
    path.write_bytes(b"\xef\xbb\xbfwords\r\n" + b"AB" * 32 + b"\r\n\r\n")
    assert custody.keys(community(folder, str(path))) == keys


@posix
@pytest.mark.parametrize("place", ["file/our.key", "a folder"])
def test_a_place_that_cannot_be_used_is_refused_with_a_remedy(
    folder: Path, tmp_path: Path, place: str
) -> None:
    put(tmp_path / "file", "x")
    (tmp_path / "a folder").mkdir(mode=0o700)
    with pytest.raises(SettingsError, match=place):
        custody.keys(community(folder, str(tmp_path / place)))


@posix
@pytest.mark.parametrize("step", ["mkdir", "mkstemp", "fsync", "link"])
def test_where_nothing_can_be_written_nothing_is_left(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    where = {"mkdir": Path, "mkstemp": custody.tempfile}.get(step, os)
    monkeypatch.setattr(where, step, full)
    with pytest.raises(SettingsError, match=r"No space left.*key_file"):
        custody.keys(community(folder))
    monkeypatch.undo()
    assert [path for path in home.rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("home")
def test_threads_that_make_a_key_at_once_have_the_same(folder: Path) -> None:
    for turn in range(20):
        made: list[custody.Keys] = []
        start = threading.Barrier(4)

        def make(who: Community, made=made, start=start) -> None:
            start.wait()
            made.append(custody.keys(who))

        who = community(folder, id=f"turn-{turn}")
        threads = [threading.Thread(target=make, args=(who,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made) == 4
        assert len({one.link for one in made}) == 1


def test_processes_that_make_a_key_at_once_have_the_same(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom colanalysis import custody\n"
        "from colanalysis.terms.settings import Community, Privacy\n"
        f"who = Community(folder=Path({str(folder)!r}), id='a', name='A',"
        f" privacy=Privacy(key_file={str(tmp_path / 'our.key')!r}))\n"
        "sys.stdout.write('ready\\n'); sys.stdout.flush(); sys.stdin.read(1)\n"
        "print(custody.keys(who).link.hex())"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for one in started:
        assert one.stdout.readline() == "ready\n"
    for one in started:
        one.stdin.write("x")
        one.stdin.flush()
    said = [one.communicate()[0] for one in started]
    assert len(set(said)) == 1
    assert len(said[0].strip()) == 64


def test_no_reader_ever_sees_a_half_written_key(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    sync = os.fsync

    def look(number: int) -> None:
        seen.append((home / "colanalysis" / "keys" / "te-awa.key").exists())
        sync(number)

    monkeypatch.setattr(os, "fsync", look)
    custody.keys(community(folder))
    assert seen[0] is False  # its bytes are on the disk before it has its name


@pytest.mark.usefixtures("home")
def test_rotation_puts_the_old_key_aside_and_makes_another(folder: Path) -> None:
    who = community(folder)
    old = custody.keys(who)
    path = custody.place(who)
    text = path.read_text(encoding="ascii")
    new = custody.rotate(who)
    assert custody.keys(who) == new
    assert not set(all_of(new)) & set(all_of(old))
    assert new.id != old.id
    aside = path.with_name(f"te-awa.key.{old.id}.old")
    assert aside.read_text(encoding="ascii") == text
    assert sorted(path.parent.iterdir()) == sorted([path, aside])
    assert custody.keys(community(folder, str(aside))) == old


def test_rotation_of_what_is_not_there_makes_a_first_key(home: Path, folder: Path) -> None:
    assert custody.rotate(community(folder)) == custody.keys(community(folder))
    assert len(list((home / "colanalysis" / "keys").iterdir())) == 1


def test_the_key_of_a_made_up_community_cannot_be_changed(folder: Path) -> None:
    with pytest.raises(UsageError, match="made-up"):
        custody.rotate(community(folder, made_up=True))


@pytest.mark.usefixtures("home")
def test_the_command_tells_where_the_key_is_and_never_the_key(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "community.toml").write_text(
        '[community]\nid = "te-awa"\nname = "A"\n', encoding="utf-8"
    )
    who = read(folder)
    assert main(["key", str(folder)]) == 0
    first, said = custody.keys(who), capsys.readouterr()
    assert str(custody.place(who)) in said.out
    assert first.id in said.out
    assert main(["key", str(folder), "--rotate"]) == 0
    said_then = capsys.readouterr()
    assert custody.keys(who).id in said_then.out
    assert first.id not in said_then.out
    digits = [path.read_text().split("\n")[1] for path in custody.place(who).parent.iterdir()]
    told = said.out + said.err + said_then.out + said_then.err
    secret = [*digits, *(key.hex() for key in all_of(first))]
    assert [one for one in secret if one in told] == []
    assert main(["key", str(Path(__file__).parents[1] / "data" / "sample")]) == 0
    assert "no key file" in capsys.readouterr().out
