"""From logits to a reply: draw a token, hold it to the grammar, add what that forces, until the reply is whole."""

from __future__ import annotations

import numpy as np

from agentinstruct_local.teachers.llamacpp import lookup, replies, sampling
from agentinstruct_local.teachers.llamacpp.grammar import Grammars
from agentinstruct_local.teachers.llamacpp.library import Library
from agentinstruct_local.teachers.llamacpp.sequence import Sequence


class Writer:
    """Goes on with sequences, whose logits are those of a library's last batch."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.grammars = Grammars(library)
        self._choices: dict[str, list[int]] = {}

    def begin(self, sequence: Sequence) -> None:
        """Hold a sequence to what its request asks for. TeacherError for a grammar that cannot be used."""
        assert sequence.request is not None
        sequence.random = np.random.default_rng(sequence.request.seed)
        sequence.matcher = self.grammars.matcher(sequence.request.output)
        if sequence.matcher is not None:
            self._force(sequence)

    def write(self, sequence: Sequence, index: int) -> replies.Outcome | None:
        """Draw tokens as long as what was drawn is what had been guessed; what the reply is, if that ends it.

        `index`: the first row of its logits, one for its last token and one for each guess.
        """
        guessed, right = sequence.guessed, 0
        while (outcome := self._draw(sequence, index + right)) is None:
            while (
                right < len(guessed)
                and guessed[right : right + 1] == sequence.tokens[sequence.done : sequence.done + 1]
            ):
                sequence.done += 1
                right += 1
            if sequence.done < len(sequence.tokens):
                break
        if outcome is None and right < len(guessed):
            self.library.forget(sequence.slot, sequence.done)
        lookup.learn(sequence, len(guessed), right)
        return outcome

    def score(self, sequence: Sequence, index: int, wanted: int) -> None:
        """Add the log-probabilities of the continuation's tokens that have become known, `wanted` of them."""
        first = sequence.done - wanted - sequence.prompt + 1
        for place in range(wanted):
            logits, token = self.library.logits[index + place], sequence.target[first + place]
            sequence.score += sampling.log_probability(logits, token)

    def _draw(self, sequence: Sequence, index: int) -> replies.Outcome | None:
        """Draw a token, or read a choice."""
        request, matcher, logits = sequence.request, sequence.matcher, self.library.logits[index]
        assert request is not None
        if request.output.kind == "choice":
            options = request.output.options
            chances = sampling.shares(logits, [self._first_tokens(option) for option in options])
            return replies.chosen(options, chances)
        token = sampling.draw(logits, request.sampling, sequence.random, self.library.peaks(index))
        if (
            matcher is not None
            and not matcher.validate_tokens([token])
            and not (self.library.ends(token) and matcher.is_accepting())
        ):
            allowed = self.grammars.allowed(matcher)
            token = sampling.draw(np.where(allowed, logits, np.float32(-np.inf)), request.sampling, sequence.random)
        if self.library.ends(token) and not (matcher is not None and matcher.is_error()):
            return replies.read(request.output, self._text(sequence), stopped=True)
        sequence.tokens.append(token)
        complete = False
        if matcher is not None:
            matcher.consume_token(token)
            complete = self._force(sequence)
        if matcher is not None and matcher.is_error():  # a limit of the parser, say; it calls itself stopped then
            return replies.Outcome(error="malformed")
        if complete or len(sequence.tokens) - sequence.prompt >= request.sampling.max_tokens:
            return replies.read(request.output, self._text(sequence), stopped=complete)
        return None

    def _force(self, sequence: Sequence) -> bool:
        """Append what the grammar leaves no choice about; True if the reply is complete."""
        matcher = sequence.matcher
        assert matcher is not None
        forced = matcher.compute_ff_tokens()
        if forced and matcher.consume_tokens(forced):
            sequence.tokens += forced
            sequence.forced += len(forced)
        return bool(matcher.is_stopped())

    def _text(self, sequence: Sequence) -> bytes:
        return b"".join(self.library.piece(token) for token in sequence.written)

    def _first_tokens(self, option: str) -> list[int]:
        """The tokens with which a reply of `option` may begin, whatever its case or leading space."""
        found = self._choices.get(option)
        if found is None:
            spellings = {mark + word for mark in ("", " ") for word in (option, option.lower(), option.capitalize())}
            found = sorted({self.library.tokenize(word, special=False)[0] for word in spellings})
            self._choices[option] = found
        return found
