"""Verifiers of the skill `data_to_text`, and what they alone use."""
