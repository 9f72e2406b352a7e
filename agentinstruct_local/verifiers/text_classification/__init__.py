"""Verifiers of the skill `text_classification`, and what they alone use."""
