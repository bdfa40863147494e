"""Warm: what every page needs, loaded and used once; to import this is all there is to do.

A batch's processes are forked from one that has imported it. Nothing of it starts a thread.
"""

from __future__ import annotations

import gc

from colanalysis import account, export, page, propose, report, show, trace  # noqa: F401
from colanalysis.batching import make  # noqa: F401
from colanalysis.executing import execute, notebooks

execute.load()
# The first export loads templates and their libraries, which takes longer than a page does.
export.notebook(notebooks.showing([page.heading(1, "A page", anchor="top")]), title="A page")
# What all processes share is never collected, so its memory stays shared.
gc.collect()
gc.freeze()
