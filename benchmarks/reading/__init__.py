"""How long reading, checking and linking a large community takes, beside pandas reading its text."""
