"""Auditing: what anybody could work out from everything that a community publishes."""
