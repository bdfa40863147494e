"""The commands, grouped by who needs them; each is thin over one function and says what became of it.

Libraries are imported where a command runs, so that ``--help`` answers at once.
"""
