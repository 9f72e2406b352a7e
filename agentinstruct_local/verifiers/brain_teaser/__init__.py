"""Verifiers of the skill `brain_teaser`, and what they alone use."""
