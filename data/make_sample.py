"""Make the sample: five years of a community that does not exist, with what was planted written down.

``python data/make_sample.py [FOLDER]`` writes into FOLDER, or else into data/sample/. Every learner
has a lasting ability and a lasting engagement, every school a small effect and every year a small
wobble. Nothing else tells groups apart but what ``sample_maker/planted.py`` lists; each planted
effect is turned until the tables themselves show it, and ``truth.toml`` says what they show. The
same script writes the same bytes. The hand-written files of the folder are left alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sample_maker.write import write

if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "sample")
