"""The terms that everything else speaks in: tables, measures, steps, groups, words and settings."""
