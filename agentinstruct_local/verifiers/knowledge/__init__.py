"""Verifiers of `knowledge` and `retelling`. They know no language: figures, codes, names, and what a search finds."""
