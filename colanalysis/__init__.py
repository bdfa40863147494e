"""colanalysis: where a community's learners succeed, where they meet hurdles, and what to agree on.

Module = verb, function = object: ``load.community``, ``check.tables``, ``link.journeys``,
``measure.counts``, ``find.hurdles``, ``challenge.candidates``, ``release.seal``. The whole way in one
call is ``evidence.gather``.
"""

__version__ = "0.1.0"
