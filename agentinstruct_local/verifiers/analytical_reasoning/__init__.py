"""Verifiers of the skill `analytical_reasoning`, and what they alone use."""
