"""Verifiers of the skill `few_shot_reasoning`, and what they alone use."""
