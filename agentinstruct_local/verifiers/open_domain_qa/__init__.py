"""Verifiers of the skill `open_domain_qa`, and what they alone use."""
