"""Many reports at once: asked for in one plan, decided before any is made, and none lost."""
