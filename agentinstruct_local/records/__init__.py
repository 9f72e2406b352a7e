"""The nouns. Plain frozen values: nothing here reads a file, calls a teacher or prints."""

from agentinstruct_local.records.asking import Message, Output, Reply, Request, Sampling
from agentinstruct_local.records.making import Draft, Row, Step, Verdict
from agentinstruct_local.records.reading import Document, Passage, Span, Unit
from agentinstruct_local.records.skills import Agent, Channel, Move, Skill, Subskill

__all__ = [
    "Agent", "Channel", "Document", "Draft", "Message", "Move", "Output", "Passage", "Reply", "Request", "Row",
    "Sampling", "Skill", "Span", "Step", "Subskill", "Unit", "Verdict",
]  # fmt: skip
