"""``python -m colanalysis`` is the command line."""

from colanalysis.cli import main

raise SystemExit(main())
