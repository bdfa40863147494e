"""Resourcing: what there is to put to work, ways to share it in whole units, and who leads what.

Pure: tables in, tables out. Ways of sharing stand side by side and none is recommended; their order
means nothing.
"""
