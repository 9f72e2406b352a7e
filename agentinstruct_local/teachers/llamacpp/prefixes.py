"""A radix tree over the prompts in the key-value cache: who holds which prefix, and which end was used last.

The tree of SGLang's RadixAttention (Zheng et al. 2023, arXiv 2312.07104), kept apart from any model: nodes are
stretches of tokens, and each knows the sequences whose prompts run through it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from agentinstruct_local.teachers.llamacpp.sequence import Sequence


@dataclass(slots=True, eq=False)
class Node:
    """A stretch of tokens after its parent's."""

    tokens: list[int]
    end: int  # tokens from the root to the end of this stretch
    parent: Node | None
    children: dict[int, Node] = field(default_factory=dict)  # by the first token of each
    holders: set[Sequence] = field(default_factory=set)  # whose prompts run through it
    used: int = 0  # the step at which a request last began here


class Match(NamedTuple):
    """What the tree knows of a prompt's beginning."""

    donor: Sequence | None  # who holds its first `here` tokens in the cache
    here: int
    later: int  # so many it will be when the prompts that are being read are read


class Prefixes:
    """Prompts of sequences that run, and of finished ones that are kept."""

    def __init__(self) -> None:
        self.root = Node([], 0, None)
        self._last: dict[Sequence, Node] = {}  # where each sequence's prompt ends

    def match(self, tokens: list[int]) -> Match:
        """The longest beginning of `tokens` that is known; its last token never counts, for its logits are wanted."""
        path = self._walk(tokens, len(tokens) - 1)
        donor, here = None, 0
        for node, reach in reversed(path):
            if reach <= here:
                break
            for holder in node.holders:
                if min(reach, holder.done) > here:
                    donor, here = holder, min(reach, holder.done)
                if here == reach:
                    break
        return Match(donor, here, path[-1][1] if path else 0)

    def hold(self, sequence: Sequence, step: int) -> None:
        """Enter a sequence with its whole prompt; all that its prompt runs through is of use at `step`."""
        tokens, node, at = sequence.tokens[: sequence.prompt], self.root, 0
        while at < len(tokens):
            child = node.children.get(tokens[at])
            if child is None:
                child = Node(tokens[at:], len(tokens), node)
                node.children[tokens[at]] = child
            else:
                shared = common(child.tokens, tokens[at : at + len(child.tokens)])
                if shared < len(child.tokens):
                    child = self._split(child, shared)
            child.holders.add(sequence)
            child.used = step
            node, at = child, child.end
        self._last[sequence] = node

    def release(self, sequence: Sequence, down_to: int = 0) -> None:
        """What follows `down_to`, the end of one of its nodes, is no longer held by `sequence`."""
        node = self._last.pop(sequence)
        while node.parent is not None and node.end > down_to:
            node.holders.discard(sequence)
            if not node.holders:
                del node.parent.children[node.tokens[0]]
            node = node.parent
        if node.parent is not None:
            self._last[sequence] = node

    def is_spare(self, sequence: Sequence) -> bool:
        """Whether another sequence has in the cache all that `sequence` holds."""
        node = self._last[sequence]
        return any(other is not sequence and other.done >= node.end for other in node.holders)

    def oldest(self) -> tuple[Sequence, int] | None:
        """The end that was of use longest ago, of a kept sequence: whose it is, and what stays when it goes.

        Ends that a running sequence holds are never given; None if there are no others.
        """
        ends = [node for node in self._nodes() if not node.children and not any(one.request for one in node.holders)]
        if not ends:
            return None
        node = min(ends, key=lambda one: one.used)
        assert node.parent is not None
        return next(iter(node.holders)), node.parent.end

    def kept(self) -> int:
        """Cells that only finished prompts hold, what they share counted once."""
        return sum(len(node.tokens) for node in self._nodes() if not any(one.request for one in node.holders))

    def _walk(self, tokens: list[int], most: int) -> list[tuple[Node, int]]:
        """The nodes along `tokens`, and how far each leads."""
        path: list[tuple[Node, int]] = []
        node, at = self.root, 0
        while at < most and (child := node.children.get(tokens[at])) is not None:
            shared = common(child.tokens, tokens[at : min(at + len(child.tokens), most)])
            at += shared
            path.append((child, at))
            if shared < len(child.tokens):
                break
            node = child
        return path

    def _split(self, node: Node, length: int) -> Node:
        """Make two of a node; the first `length` tokens are the one that is returned."""
        assert node.parent is not None
        head = Node(node.tokens[:length], node.end - len(node.tokens) + length, node.parent)
        head.holders, head.used = set(node.holders), node.used
        node.parent.children[node.tokens[0]] = head
        node.tokens, node.parent = node.tokens[length:], head
        head.children[node.tokens[0]] = node
        return head

    def _nodes(self) -> Iterator[Node]:
        left = list(self.root.children.values())
        while left:
            node = left.pop()
            yield node
            left += node.children.values()


def common(one: list[int], other: list[int]) -> int:
    """Length of the common start of two token lists."""
    short = min(len(one), len(other))
    if one[:short] == other[:short]:
        return short
    low, high = 0, short
    while low < high:  # equality of slices is one C call, so halving beats a loop over tokens
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
