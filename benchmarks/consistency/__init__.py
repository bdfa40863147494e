"""How often a school that judges differently is told apart, and how often one that does not."""
