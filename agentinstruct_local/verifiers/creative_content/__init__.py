"""Verifiers of the skill `creative_content`, and what they alone use."""
