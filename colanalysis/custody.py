"""Custody: the keys of a community, all made from one secret that lies outside its folder.

The secret (the master) is in a file that only its owner can read. It is never printed, never a
parameter of anything and never in an environment variable, because those end up in notebooks and
logs. Each use has a key of its own, so that none tells another.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from colanalysis.errors import SettingsError, UsageError
from colanalysis.terms.settings import Community

__all__ = ["Keys", "hkdf", "keys", "mark", "place", "rotate"]

_LENGTH = 32
_SALT = b"colanalysis"
_WORDS = (
    "The key of a community, for colanalysis: keep it secret, and a copy of it apart from the data."
)
_WHERE = "community.toml [privacy] key_file"
_OTHERS_MAY = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH


@dataclass(frozen=True)
class Keys:
    """The keys of one community, and eight letters that name their master without telling it.

    ``link`` makes pseudonyms, ``round`` rounds counts, ``ledger`` seals the list of releases,
    ``files`` seals files.
    """

    id: str
    link: bytes = field(repr=False)
    round: bytes = field(repr=False)
    ledger: bytes = field(repr=False)
    files: bytes = field(repr=False)


def keys(community: Community) -> Keys:
    """The keys of a community; its master is made when it is first asked for.

    A made-up community has keys that follow from its id: nothing in it is secret, and everybody's
    numbers agree. SettingsError when the key file is in a place or a state that is not safe.
    """
    if community.made_up:
        return _derived(hashlib.sha256(b"made-up community|" + community.id.encode()).digest())
    path = place(community)
    return _derived(_read(path) if os.path.lexists(path) else _made(path))


def place(community: Community) -> Path:
    """Where the master of a community lies; SettingsError when that is in the community's folder.

    It is ``key_file`` of [privacy] (a path that starts at the community's folder), else a file
    among the user's own settings.
    """
    named = community.privacy.key_file
    usual = _usual_folder() / f"{_safe(community.id)}.key"
    try:
        path = community.folder / Path(named).expanduser() if named else usual
        # Links are followed, as the key is where they lead; a link that lies in the folder is
        # refused as well, as a copy of the folder takes along what it leads to.
        inside = (Path(os.path.normpath(path.absolute())), path.resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise SettingsError(
            "found a place that does not exist",
            where=_WHERE,
            expected="the path of a file, such as ~/keys/community.key",
            remedy="Correct the path.",
        ) from error
    folder = (Path(os.path.normpath(community.folder.absolute())), community.folder.resolve())
    if any(one.is_relative_to(home) for one in inside for home in folder):
        raise SettingsError(
            "found a key file inside the community's folder",
            where=_WHERE,
            expected="a place that is not handed on together with the data",
            remedy='Name another place, such as key_file = "~/keys/community.key", and move the '
            "file there if there is one.",
        )
    return inside[1]


def rotate(community: Community) -> Keys:
    """Put the master aside and make a new one; this ends linking to pseudonyms made before.

    Counts are rounded anew from then on, too. The old one stays beside it as ``NAME.KEY-ID.old``,
    for whoever must still match earlier files.
    """
    if community.made_up:
        raise UsageError(
            "a made-up community has a fixed key",
            where=community.id,
            expected="a community of learners who exist",
        )
    path = place(community)
    if not os.path.lexists(path):
        return keys(community)
    aside = path.with_name(f"{path.name}.{_derived(_read(path)).id}.old")
    with _fresh_beside(path) as fresh:
        with contextlib.suppress(FileExistsError):  # the same key, put aside before
            os.link(path, aside)
        fresh.replace(path)
    return _derived(_read(path))


def mark(told: bytes, key: bytes) -> str:
    """Say in letters what only somebody with the key can say of these bytes (HMAC-SHA256)."""
    return hmac.digest(key, told, "sha256").hex()


def hkdf(master: bytes, info: bytes, *, salt: bytes = _SALT, length: int = _LENGTH) -> bytes:
    """Derive a key by HKDF with SHA-256 (RFC 5869)."""
    drawn = hmac.digest(salt, master, "sha256")
    blocks, block = b"", b""
    while len(blocks) < length:
        number = len(blocks) // len(drawn) + 1
        block = hmac.digest(drawn, block + info + bytes([number]), "sha256")
        blocks += block
    return blocks[:length]


def _derived(master: bytes) -> Keys:
    name = base64.b32encode(hkdf(master, b"id", length=5)).decode().lower()
    return Keys(name, *(hkdf(master, use) for use in (b"link", b"round", b"ledger", b"files")))


def _usual_folder() -> Path:
    home, named = Path.home(), os.environ.get("APPDATA" if os.name == "nt" else "XDG_CONFIG_HOME")
    usual = home / "AppData" / "Roaming" if os.name == "nt" else home / ".config"
    # A path that starts wherever one stands would be another key from another folder.
    start = Path(named) if named and Path(named).is_absolute() else usual
    return start / "colanalysis" / "keys"


def _safe(name: str) -> str:
    """One file name for each id, also where only letters tell ids apart that no file name holds."""
    kept = re.sub(r"[^a-z0-9_-]", "-", name)
    return kept if kept == name else f"{kept}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _read(path: Path) -> bytes:
    text, mode = _opened(path)
    if os.name == "posix" and mode & _OTHERS_MAY:
        raise SettingsError(
            "found a key that others than its owner may read or write",
            where=str(path),
            expected="a file for its owner alone",
            remedy=f'Run chmod 600 "{path}". If others may have read it, make a new key: '
            "colanalysis key FOLDER --rotate",
        )
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) != 2 or not re.fullmatch(r"[0-9a-fA-F]{64}", lines[1]):
        raise SettingsError(
            "found something that is not a key",
            where=str(path),
            expected="a line of words and a line of 64 hexadecimal digits",
            remedy="Put a copy of the key back. Without one, move the file away: a new key is "
            "made, and pseudonyms made before no longer match.",
        )
    return bytes.fromhex(lines[1])


def _opened(path: Path) -> tuple[str, int]:
    """Text and permissions of one and the same file, whatever happens to its name meanwhile."""
    try:
        # A pipe of that name would let the reader wait for ever.
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            mode = os.fstat(number).st_mode
            data = os.read(number, 4096) if stat.S_ISREG(mode) else b""
        finally:
            os.close(number)
    except OSError as error:
        raise _unusable(path, "the key file cannot be opened", error) from error
    return data.decode("ascii", errors="replace"), mode


def _made(path: Path) -> bytes:
    """Make a master; of several who make one at once, all take that of the first."""
    with _fresh_beside(path) as fresh, contextlib.suppress(FileExistsError):
        # Unlike writing it there, a link appears whole; unlike renaming, it replaces nothing.
        os.link(fresh, path)
    return _read(path)


@contextlib.contextmanager
def _fresh_beside(path: Path) -> Iterator[Path]:
    """A new master in a whole file beside its place, gone afterwards if it was not put there."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # its owner's
        try:
            with os.fdopen(number, "w", encoding="ascii", newline="\n") as file:
                file.write(f"{_WORDS}\n{secrets.token_bytes(_LENGTH).hex()}\n")
                file.flush()
                os.fsync(file.fileno())
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)
        _settle(path.parent)
    except OSError as error:
        raise _unusable(path, "the key cannot be written", error) from error


def _settle(folder: Path) -> None:
    """See that a new name in a folder outlives a power cut."""
    if os.name == "posix":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _unusable(path: Path, found: str, error: OSError) -> SettingsError:
    return SettingsError(
        f"{found} ({error.strerror or type(error).__name__})",
        where=str(path),
        expected="a file that you may read and write, outside the community's folder",
        remedy='Mend that, or name another place in community.toml: [privacy] key_file = "…"',
    )
