"""Verifiers of the skill `rag`, and what they alone use."""
