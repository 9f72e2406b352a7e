"""Verifiers of the skill `multiple_choice`, and what they alone use."""
