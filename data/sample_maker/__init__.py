"""A community that does not exist, made up from one seed.

In order: who the learners are and where they go (``setting``, ``people``, ``schools``,
``pathways``), what lasts in them (``abilities``), how results are measured (``scales``,
``measures``), what is planted and how it is turned until the tables show it (``planted``,
``counts``, ``turn``), what comes out (``results``, ``leavers``, ``survey``), and how it is written
down (``truth``, ``write``). The draws they share are in ``chance``.
"""
