"""The commands. Each is thin over one function; only this module prints.

Exit status: 0 all good, 1 something was wrong with the data or a report failed, 2 wrong use, 130 stopped.
"""

from __future__ import annotations

import argparse
import datetime
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from colanalysis import __version__
from colanalysis.errors import ColanalysisError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A Windows console may not know a macron; a question mark is better than a crash.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except ColanalysisError as error:
        print(f"colanalysis: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("colanalysis: stopped; nothing half made was left behind", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="colanalysis",
        description="Where a community's learners succeed, where they meet hurdles, and what to "
        "agree on.",
    )
    parser.add_argument("--version", action="version", version=f"colanalysis {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="the report on the made-up sample community")
    demo.add_argument("--out", type=Path, help="folder to write into")
    demo.set_defaults(run=_demo)

    test = commands.add_parser("test", help="run all tests")
    test.add_argument("rest", nargs=argparse.REMAINDER, help="passed on to pytest")
    test.set_defaults(run=_test)

    new = commands.add_parser("new", help="start a community folder")
    new.add_argument("folder", type=Path)
    new.add_argument(
        "--directory", type=Path, action="append", default=[],
        help="a Ministry directory of schools or early learning services (may be repeated)",
    )  # fmt: skip
    new.add_argument("--community", help="Community of Learning id in the directories")
    new.set_defaults(run=_new)

    check = commands.add_parser("check", help="say what is wrong with the data, and how to mend it")
    check.add_argument("folder", type=Path)
    check.add_argument("--out", type=Path, help="folder to write the page and checks.csv into")
    check.set_defaults(run=_check)

    find = commands.add_parser("find", help="exact findings, for the data lead only")
    find.add_argument("folder", type=Path)
    find.add_argument("--out", type=Path, help="folder to write findings.csv into")
    find.add_argument("--year", type=int, help="leave out everything after this year")
    find.set_defaults(run=_find)

    report = commands.add_parser("report", help="the challenge-evidence report")
    report.add_argument("folder", type=Path)
    report.add_argument("--out", type=Path, help="folder to write into")
    report.add_argument("--provider", default="", help="the report of one provider, by its id")
    report.add_argument(
        "--audience", default="public", choices=["public", "governance", "provider"]
    )
    report.add_argument("--year", type=int, help="leave out everything after this year")
    _may_print(report)
    _may_withdraw(report)
    report.set_defaults(run=_report)

    batch = commands.add_parser("batch", help="many reports at once, asked for in a plan")
    batch.add_argument("plan", type=Path, help="a CSV or YAML file, one row for each report")
    batch.add_argument("--out", type=Path, default=Path("reports"), help="folder to write into")
    batch.add_argument("--jobs", type=_whole, help="so many reports at a time")
    batch.add_argument(
        "--resume", action="store_true", help="leave as they are reports that would be the same"
    )
    batch.add_argument(
        "--keep-going", action="store_true", help="leave out rows of the plan that are wrong"
    )
    _may_print(batch)
    batch.add_argument("--seconds", type=_amount, default=300.0, help="time for each page")
    batch.add_argument("--memory-gib", type=_amount, default=4.0, help="memory for each page")
    batch.add_argument(
        "--scheduler", default="", metavar="ADDRESS",
        help="a Dask scheduler, such as tcp://10.0.0.1:8786, whose workers make the public pages",
    )  # fmt: skip
    batch.set_defaults(run=_batch)

    attack = commands.add_parser(
        "attack", help="attack everything that would be published, and write nothing"
    )
    attack.add_argument("folder", type=Path)
    attack.add_argument("--year", type=int, help="leave out everything after this year")
    attack.set_defaults(run=_attack)

    audit = commands.add_parser("audit", help="whether published targets can be true")
    audit.add_argument("plan", type=Path, help="a table of targets as a plan prints them")
    audit.set_defaults(run=_audit)

    target = commands.add_parser("target", help="how many learners a target asks for")
    now = target.add_mutually_exclusive_group(required=True)
    now.add_argument("--now", type=_of, metavar="N/OF", help="learners who succeed, of how many")
    now.add_argument("--schools", type=Path, help="a table of them by school: school, n, of")
    wanted = target.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--to", metavar="PERCENT", help="the share to be reached")
    wanted.add_argument("--by-points", metavar="POINTS", help="percentage points more")
    wanted.add_argument("--by-percent", metavar="PERCENT", help="per cent of the baseline more")
    target.add_argument("--then", type=_whole, help="how many learners, where not the same ones")
    target.add_argument(
        "--like", type=Path, help="a table of groups like this one: group, year, n, of"
    )
    target.add_argument("--rounding", default="reaches", help="rule by which schools share")
    target.add_argument("--measure", help="its id, to see whether the yardstick changes")
    target.add_argument("--folder", type=Path, help="community whose own measures are meant too")
    target.add_argument("--from-year", type=int, help="the year of the baseline, else this one")
    target.add_argument("--year", type=int, help="the year of the target")
    target.set_defaults(run=_target)

    shift = commands.add_parser(
        "shift", help="where earlier plans' targets stand, for the data lead only"
    )
    shift.add_argument("folder", type=Path)
    shift.add_argument("--year", type=int, help="leave out everything after this year")
    shift.set_defaults(run=_shift)

    key = commands.add_parser("key", help="where the community's key is, and its name")
    key.add_argument("folder", type=Path)
    key.add_argument(
        "--rotate", action="store_true",
        help="put the key aside and make a new one: earlier pseudonyms no longer match",
    )  # fmt: skip
    key.set_defaults(run=_key)

    pseudonymise = commands.add_parser(
        "pseudonymise", help="a copy of the tables to hand over, without learners' numbers"
    )
    pseudonymise.add_argument("folder", type=Path)
    pseudonymise.add_argument(
        "--out", type=Path, required=True, help="folder to write into, new or empty"
    )
    pseudonymise.set_defaults(run=_pseudonymise)

    summarise = commands.add_parser(
        "summarise", help="counts to hand over instead of learners' results"
    )
    summarise.add_argument("folder", type=Path)
    summarise.add_argument(
        "--out", type=Path, required=True, help="folder to write into, new or empty"
    )
    summarise.add_argument("--provider", default="", help="the counts of one provider, by its id")
    _may_withdraw(summarise)
    summarise.set_defaults(run=_summarise)

    merge = commands.add_parser("merge", help="a community folder made of several summaries")
    merge.add_argument("summaries", type=Path, nargs="+", metavar="SUMMARY")
    merge.add_argument("--out", type=Path, required=True, help="folder to write, new or empty")
    merge.add_argument("--id", default="", help="id of the community, else that of the first")
    merge.add_argument("--name", default="", help="name of the community, else that of the first")
    merge.set_defaults(run=_merge)

    notebook = commands.add_parser(
        "notebook", help="run one of the project's notebooks; NAME --help says what it can be told"
    )
    notebook.add_argument("name", help="its name, such as 20-explore-the-pathway")
    notebook.add_argument("rest", nargs=argparse.REMAINDER, help="--out FILE, and its parameters")
    notebook.set_defaults(run=_notebook)

    lab = commands.add_parser("lab", help="JupyterLab with the project's notebooks")
    lab.add_argument("rest", nargs=argparse.REMAINDER, help="passed on to JupyterLab")
    lab.set_defaults(run=_lab)
    return parser


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("expected a whole number, at least 1")
    return int(text)


def _amount(text: str) -> float:
    if not 0 < float(text) < 1e6:
        raise argparse.ArgumentTypeError("expected a number above 0")
    return float(text)


def _may_print(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--pdf", action="store_true",
        help="a tagged PDF beside each page, printed by Edge, Chrome or Chromium",
    )  # fmt: skip


def _of(text: str) -> tuple[int, int]:
    n, _, of = text.partition("/")
    if not (n.isdecimal() and of.isdecimal()):
        raise argparse.ArgumentTypeError("expected so many of so many learners, such as 63/141")
    return int(n), int(of)


def _may_withdraw(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--withdraw", action="append", default=[], metavar="RELEASE",
        help="a release that was taken back wherever it was put (may be repeated)",
    )  # fmt: skip


def _tell(text: str) -> None:
    print(f"{text} …", file=sys.stderr, flush=True)


def _demo(options: argparse.Namespace) -> int:
    from colanalysis import report

    print(report.write(report.SAMPLE, out=options.out, tell=_tell).resolve())
    return 0


def _test(options: argparse.Namespace) -> int:
    import pytest

    from colanalysis.executing.notebooks import ROOT

    return int(pytest.main(["--rootdir", str(ROOT), *options.rest, str(ROOT / "tests")]))


def _new(options: argparse.Namespace) -> int:
    from colanalysis import begin
    from colanalysis.starting import discover

    made = begin.folder(
        options.folder, directories=options.directory, community_id=options.community
    )
    found = discover.exports(made)
    if len(found):
        print("Exports found there, to be described in community.toml under [[source]]:")
        print(found.to_string(index=False))
    print(made)
    return 0


def _check(options: argparse.Namespace) -> int:
    from colanalysis import health
    from colanalysis.terms import problems

    looked = health.look(options.folder)
    checked = looked.checked
    print(checked.rows.to_string(index=False))
    for line in problems.in_words(checked.problems):
        print(line)
    lost = checked.rows[(checked.rows["rows_in"] > 0) & (checked.rows["used"] == 0)]
    for name in lost["table"]:
        print(f"Nothing in {name} can be used.")
    print("Problems block a report." if looked.blocked else "Nothing blocks a report.")
    print(health.write(looked, options.out).resolve())
    return 1 if looked.blocked else 0


def _find(options: argparse.Namespace) -> int:
    from colanalysis import report

    path = report.write_findings(options.folder, out=options.out, year=options.year, tell=_tell)
    print("Exact numbers, for the data lead only: do not pass on.", file=sys.stderr)
    print(path.resolve())
    return 0


def _report(options: argparse.Namespace) -> int:
    from colanalysis import report

    path = report.write(
        options.folder,
        out=options.out,
        year=options.year,
        provider=options.provider,
        audience=options.audience,
        withdraw=options.withdraw,
        pdf=options.pdf,
        tell=_tell,
    )
    print(path.resolve())
    return 0


def _batch(options: argparse.Namespace) -> int:
    import loky

    from colanalysis.batching import index, plan, run
    from colanalysis.batching.work import Limits

    asked = plan.read(options.plan, out=options.out)
    for one in asked.refused:
        print(f"{options.plan.name}, {one}", file=sys.stderr)
    if asked.refused and not options.keep_going:
        print("Nothing was started. --keep-going leaves these rows out.", file=sys.stderr)
        return 2
    made = run.batch(
        asked,
        out=options.out,
        jobs=options.jobs or loky.cpu_count(),
        resume=options.resume,
        pdf=options.pdf,
        limits=Limits(options.seconds, options.memory_gib),
        scheduler=options.scheduler,
        tell=_tell,
    )
    print((options.out / index.PAGE).resolve())
    return 0 if made["state"].eq(run.DONE).all() else 1


def _key(options: argparse.Namespace) -> int:
    from colanalysis import custody
    from colanalysis.terms import settings

    found = settings.read(options.folder)
    made = custody.rotate(found) if options.rotate else custody.keys(found)
    # The name of a key says which it is and nothing of what it is.
    print("a made-up community has no key file" if found.made_up else custody.place(found))
    print(f"name of the key: {made.id}")
    return 0


def _pseudonymise(options: argparse.Namespace) -> int:
    from colanalysis import hand_over

    print(hand_over.tables(options.folder, out=options.out).resolve())
    return 0


def _summarise(options: argparse.Namespace) -> int:
    from colanalysis import summary

    path = summary.write(
        options.folder,
        out=options.out,
        provider=options.provider,
        withdraw=options.withdraw,
        tell=_tell,
    )
    print(path.resolve())
    return 0


def _merge(options: argparse.Namespace) -> int:
    from colanalysis import merging

    made = merging.merge(options.summaries, out=options.out, id=options.id, name=options.name)
    for note in made.notes:
        print(note, file=sys.stderr)
    print(made.folder.resolve())
    return 0


def _attack(options: argparse.Namespace) -> int:
    from colanalysis import report

    told = report.audited(options.folder, year=options.year, tell=_tell)
    looked_at, many = told.decided.looked_at, told.decided.cells
    print(looked_at.to_string(index=False))
    print(
        f"{len(many):,} published counts of all reports: nobody can narrow a protected count down "
        f"further than is promised; {looked_at['withheld'].sum():,} had to be withheld for it."
    )
    return 0


def _notebook(options: argparse.Namespace) -> int:
    from colanalysis.executing import execute, notebooks, parameters

    path = notebooks.named(options.name)
    parser = argparse.ArgumentParser(prog=f"colanalysis notebook {path.stem}", allow_abbrev=False)
    usual = Path("reports", "notebooks", path.name)
    parser.add_argument("--out", type=Path, default=usual, help=f"file to write; default {usual}")
    for one in parameters.declared(path).values():
        # What is possible is text of the notebook's author, in which % has no meaning.
        said = f"{one.expected}; default {one.default!r}".replace("%", "%%")
        parser.add_argument(f"--{one.name}", dest=f"told {one.name}", metavar="VALUE", help=said)
    asked = vars(parser.parse_args(options.rest))
    out = asked.pop("out")
    texts = {name.removeprefix("told "): text for name, text in asked.items() if text is not None}
    execute.write(path, parameters.from_texts(path, texts), out)
    print(out.resolve())
    return 0


def _audit(options: argparse.Namespace) -> int:
    from colanalysis.planning import audit

    audited = audit.plan(options.plan)
    for line in audit.in_words(audited):
        print(line)
    return 0 if audited.sound else 1


def _target(options: argparse.Namespace) -> int:
    from colanalysis.planning import calculate, target

    by_school = calculate.schools(options.schools) if options.schools else None
    baseline = target.Baseline(*options.now) if by_school is None else calculate.whole(by_school)
    asked = {
        target.to: options.to,
        target.by_points: options.by_points,
        target.by_per_cent: options.by_percent,
    }
    (wanted,) = (way(baseline, text) for way, text in asked.items() if text is not None)
    changes = calculate.dated(
        options.year,
        today=datetime.date.today(),
        since=options.from_year,
        measure=options.measure,
        folder=options.folder,
    )
    worked = calculate.target_of(
        baseline,
        wanted,
        of_then=options.then,
        rule=options.rounding,
        schools=by_school,
        like=calculate.like(options.like) if options.like else None,
    )
    print(f"From {baseline} to {wanted}:")
    for table in (worked.learners, worked.schools, worked.rungs):
        if len(table):
            print(table.to_string(index=False))
    for line in (*worked.says, *changes):
        print(line)
    return 0


def _shift(options: argparse.Namespace) -> int:
    from colanalysis import evidence
    from colanalysis.planning import stand

    gathered = evidence.gather(options.folder, year=options.year, tell=_tell)
    told = stand.plans(gathered.counted, community=gathered.community)
    for plan, said in zip(told["challenge"], stand.in_words(told), strict=True):
        print(f"{plan}: {said}")
    if told.empty:
        print("There is no [[plan]] in community.toml.")
    print(told.T.to_string(header=False))
    print("Exact numbers, for the data lead only: do not pass on.", file=sys.stderr)
    return 0


def _lab(options: argparse.Namespace) -> int:
    import subprocess

    from colanalysis.executing.notebooks import NOTEBOOKS, ROOT

    # The project's own Lab settings (no news, no update checks) beside whatever the user has.
    paths = [str(ROOT / "jupyter"), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    environment = {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, paths))}
    command = [
        sys.executable, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1",
        "--ServerKernelManager.transport_encryption=auto", f"--notebook-dir={ROOT}",
        str(NOTEBOOKS / "00-start-here.ipynb"), *options.rest,
    ]  # fmt: skip
    return subprocess.run(command, env=environment, check=False).returncode
