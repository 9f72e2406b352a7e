"""Verifiers of the skill `reading_comprehension`, and what they alone use."""
