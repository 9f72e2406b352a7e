"""Verifiers of the skill `text_modification`, and what they alone use."""
