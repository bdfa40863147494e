"""Write docs/checks.md anew: ``python tests/checks_page.py``. A test holds the document to the checks."""

from __future__ import annotations

from pathlib import Path

from colanalysis.terms.rules import RULES, SEVERITIES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "checks.md"
HEAD = """# Every check

`python3 run.py check FOLDER` asks all of these and writes `data-health.html` and `checks.csv`. What a check finds is
told with its file, its rows and its column, never with what stands there. The tests damage the files of the sample in
more than 300 named ways: each ends in a correct load, with one of these checks where something is doubtful, or in one
error that names the file; and never in more than 4 GiB of memory.

"""
MEANS = {
    "blocks": "Blocks: no report is made before it is mended",
    "set aside": "Sets aside: the row is left out, and counted",
    "warning": "Warns: the row is used as it stands",
}


def text() -> str:
    parts = [HEAD]
    for severity in SEVERITIES:
        parts.append(f"## {MEANS[severity]}\n")
        for name, rule in sorted(RULES.items()):
            if rule.severity == severity:
                lines = [f"### {name}", "", f"Looks for {rule.looks_for}. {rule.why}", ""]
                lines += [f"- *Expected:* {rule.expected}", f"- *To mend it:* {rule.remedy}", ""]
                parts.append("\n".join(lines))
    return "\n".join(parts).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8", newline="\n")
