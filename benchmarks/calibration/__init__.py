"""Made-up communities with known truth, and others' methods on the same data, to compare with."""
