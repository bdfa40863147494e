"""Comparing groups with others, and choosing the few findings that explain the rest."""
