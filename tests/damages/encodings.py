"""Letters and bytes: encodings, marks, damage within them."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from damages.folder import cell, column, data, rows, text
from damages.registry import Told, harmless, refused, told


@harmless
def byte_order_mark(folder: Path) -> None:
    data(folder, "learners.csv", lambda found: b"\xef\xbb\xbf" + found)


@harmless
def utf_16_with_the_small_byte_first(folder: Path) -> None:
    text_of = (folder / "learners.csv").read_text(encoding="utf-8")
    (folder / "learners.csv").write_bytes(b"\xff\xfe" + text_of.encode("utf-16-le"))


@harmless
def utf_16_with_the_great_byte_first(folder: Path) -> None:
    text_of = (folder / "learners.csv").read_text(encoding="utf-8")
    (folder / "learners.csv").write_bytes(b"\xfe\xff" + text_of.encode("utf-16-be"))


@refused("learners.csv, row 1", "NUL byte")
def utf_16_without_a_mark(folder: Path) -> None:
    data(folder, "learners.csv", lambda found: found.decode().encode("utf-16-le"))


@refused("learners.csv, row 1", "NUL byte")
def utf_32(folder: Path) -> None:
    data(folder, "learners.csv", lambda found: found.decode().encode("utf-32"))


@refused("learners.csv, row 61", "neither UTF-8 nor Windows-1252")
def utf_16_cut_in_the_middle_of_a_letter(folder: Path) -> None:
    data(folder, "learners.csv", lambda found: found.decode().encode("utf-16")[:-1])


@told("old encoding", "learners.csv", 5)
def encoding_of_old_windows(folder: Path) -> None:
    column(folder, "learners", "preferred_name", lambda _: "")
    cell(folder, "learners", 5, "preferred_name", "Zoë")
    text(folder, "learners.csv", lambda found: found.replace("ā", "a"))
    data(folder, "learners.csv", lambda found: found.decode().encode("cp1252"))


@told("letters lost", "learners.csv", 6, "ethnicity",
      beside=(Told("unknown ethnicity", "learners.csv", (6,), "ethnicity"),))  # fmt: skip
def macrons_lost_in_latin_1(folder: Path) -> None:
    column(folder, "learners", "preferred_name", lambda _: "")
    text(folder, "learners.csv", lambda found: found.replace("ā", "a"))
    cell(folder, "learners", 6, "ethnicity", "Māori")
    data(folder, "learners.csv", lambda found: found.decode().encode("latin-1", errors="replace"))


@told("letters lost", "providers.csv", [2, 3, 5, 6, 10, 12], "name")
def macrons_read_in_another_encoding(folder: Path) -> None:
    data(folder, "providers.csv", lambda found: found.decode("cp1252", errors="ignore").encode())


@refused("learners.csv, row 2", "NUL byte")
def nul_byte(folder: Path) -> None:
    cell(folder, "learners", 2, "gender", "fe\0male")


@refused("observations.csv, row 1", "NUL byte")
def nothing_but_nul_bytes(folder: Path) -> None:
    data(folder, "observations.csv", lambda found: b"\0" * len(found))


@refused("local_knowledge.csv, row 12", "neither UTF-8 nor Windows-1252")
def cut_in_the_middle_of_a_letter(folder: Path) -> None:
    rows(folder, "local_knowledge", lambda found: [*found[:-1], [*found[-1][:-1], "yes: whā"]])
    data(folder, "local_knowledge.csv", lambda found: found.rstrip()[:-1])


@told("old encoding", "observations.csv", 1360,
      beside=(Told("unknown term", "observations.csv", (1360,), "term"),
              Told("letters lost", "observations.csv", (1360,), "term")))  # fmt: skip
def cut_in_the_middle_of_the_only_letter_with_a_macron(folder: Path) -> None:
    # The term stands last, so that the file ends within its last letter.
    rows(folder, "observations", lambda found: [[*row[:3], *row[4:], row[3]] for row in found])
    cell(folder, "observations", 1360, "term", "whā")
    data(folder, "observations.csv", lambda found: found.rstrip()[:-1])


@refused("observations.csv, row 1361", "3 fields", "7 as in the first row")
def cut_in_the_middle_of_a_row(folder: Path) -> None:
    data(folder, "observations.csv", lambda found: found + b"00014,P6,20")


@refused("learners.csv, row 3", "neither UTF-8 nor Windows-1252")
def byte_of_no_encoding(folder: Path) -> None:
    data(folder, "learners.csv", lambda found: found.replace(b"Lachlan", b"Lachl\x81n"))


@refused("learners.csv, row 1", "neither UTF-8 nor Windows-1252")
def random_bytes(folder: Path) -> None:
    scrambled = bytes((i * 167 + 13) % 251 + 1 for i in range(4000))
    data(folder, "learners.csv", lambda _: scrambled.replace(b"\n", b"\x81"))


@refused("learners.csv, row 62", "1 fields")
def end_of_file_mark_of_dos(folder: Path) -> None:
    data(folder, "learners.csv", lambda found: found + b"\x1a")


@harmless
def letters_and_macrons_apart(folder: Path) -> None:
    text(folder, "learners.csv", lambda found: unicodedata.normalize("NFD", found))
