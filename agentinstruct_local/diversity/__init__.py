"""What sentences mean, as vectors: has a question been asked before, and which passages are near to a query?"""

from __future__ import annotations

from agentinstruct_local.diversity.encoder import DIMENSIONS, Encoder, Encodes, HashEncoder, Vectors
from agentinstruct_local.diversity.index import Index
from agentinstruct_local.diversity.nearest import Nearest

__all__ = ["DIMENSIONS", "Encoder", "Encodes", "HashEncoder", "Index", "Nearest", "Vectors"]
