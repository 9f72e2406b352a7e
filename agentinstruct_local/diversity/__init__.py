"""Whether a question has been asked before: embeddings, and an index of those that were admitted."""

from __future__ import annotations

from agentinstruct_local.diversity.encoder import DIMENSIONS, Encoder, Encodes, HashEncoder
from agentinstruct_local.diversity.index import Index

__all__ = ["DIMENSIONS", "Encoder", "Encodes", "HashEncoder", "Index"]
