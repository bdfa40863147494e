"""Checking tables row by row; what cannot be used is set aside and counted."""
