"""What a target asks for in whole learners, whether a published one can be, and whether it shifted."""
