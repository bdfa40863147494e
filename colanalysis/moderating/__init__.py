"""Do schools mean the same by a judgement? A test of the same learners tells."""
