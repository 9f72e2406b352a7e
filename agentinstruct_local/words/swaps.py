"""Words that can stand for each other in any sentence, as they are and without a change around them."""

from __future__ import annotations

import re


def _pairs(text: str) -> dict[str, str]:
    return dict(one.strip().split(": ") for line in text.strip().splitlines() for one in line.split(";") if one.strip())


PLAINER = _pairs("""
utilize: use; utilizes: uses; utilized: used; utilizing: using; utilise: use; utilises: uses; utilised: used
prior to: before; subsequent to: after; in order to: to; via: through; upon: on; whilst: while; amongst: among
numerous: many; additional: further; sufficient: enough; approximately: about; entire: whole; multiple: several
However,: Still,; Furthermore,: Also,; Moreover,: Also,; Additionally,: Also,; In addition,: Also,
Therefore,: For this reason,; Consequently,: As a result,; Nevertheless,: Still,; Hence,: For this reason,
modify: change; modifies: changes; modified: changed; modifying: changing; alters: changes; altered: changed
delete: remove; deletes: removes; deleted: removed; deleting: removing; eliminate: remove; eliminates: removes
obtain: get; obtains: gets; commence: begin; terminate: end; terminates: ends; begin: start; begins: starts
retrieve: fetch; retrieves: fetches; retrieved: fetched; retrieving: fetching
select: choose; selects: chooses; selected: chosen; selecting: choosing; permitted: allowed; prohibited: forbidden
regarding: about; concerning: about; usually: normally; often: frequently; frequently: often
typically: usually; generally: usually; completely: fully; entirely: fully; for instance: for example
ensure that: make sure that; ensures that: makes sure that; although: even though; because of: due to
instead of: rather than; assist: help; assists: helps; require: need; requires: needs
is able to: can; are able to: can; is required to: has to; are required to: have to; indicates: shows; indicate: show
incorrect: wrong; rapidly: quickly; as soon as: once; solely: only; merely: only; attempted to: tried to
""")
"""A word or phrase and what says the same; adverbs that open a sentence among them."""

MODALS = ("must", "shall", "should", "may", "can", "will", "might", "could")

NOUNS = _pairs("""
file: document; user: member; server: machine; command: instruction; directory: folder; folder: directory
password: passphrase; administrator: operator; computer: machine; error: fault; option: setting; setting: option
message: notice; developer: engineer; customer: client; client: customer; employee: colleague; manual: handbook
handbook: manual; package: bundle; host: machine; document: file; maintainer: caretaker; operator: technician
supervisor: manager; manager: supervisor; procedure: process; program: application; bug: defect; tool: utility
project: programme; group: team; team: group; function: routine; rule: guideline; problem: issue; issue: problem
report: statement; release: version; version: release; repository: archive; archive: repository; template: pattern
backup: copy; task: job; job: task; field: entry; value: setting; script: program; system: platform; network: grid
shift: turn; alarm: alert; bearing: bushing; pump: unit; filter: screen; list: register; test: check; email: message
""")
"""A noun and another that a house may call the same thing by."""

SPELLINGS = _pairs("""
behavior: behaviour; behaviors: behaviours; color: colour; colors: colours; favor: favour; honor: honour; labor: labour
neighbor: neighbour; neighbors: neighbours; center: centre; centers: centres; fiber: fibre; meter: metre; meters: metres
liter: litre; liters: litres; catalog: catalogue; dialog: dialogue; organization: organisation; organize: organise
organizations: organisations; organized: organised; authorization: authorisation; authorize: authorise
authorized: authorised; unauthorized: unauthorised; recognize: recognise; recognized: recognised; recognizes: recognises
initialize: initialise; initialized: initialised; initialization: initialisation; customize: customise
customized: customised; customization: customisation; optimize: optimise; optimized: optimised
optimization: optimisation; minimize: minimise; maximize: maximise; normalize: normalise; normalized: normalised
synchronize: synchronise; synchronized: synchronised; synchronization: synchronisation; summarize: summarise
specialized: specialised; standardized: standardised; categorize: categorise; realize: realise; serialized: serialised
canceled: cancelled; canceling: cancelling; labeled: labelled; modeled: modelled
traveled: travelled; signaled: signalled
analyze: analyse; analyzed: analysed; fulfill: fulfil; gray: grey; artifact: artefact; artifacts: artefacts
defense: defence
emphasize: emphasise; finalize: finalise; finalized: finalised; prioritize: prioritise; visualize: visualise
""")
"""American spelling: British spelling."""

CONTRACTIONS = _pairs("""
don't: do not; doesn't: does not; didn't: did not; isn't: is not; aren't: are not; wasn't: was not; weren't: were not
won't: will not; can't: cannot; couldn't: could not; shouldn't: should not; wouldn't: would not; hasn't: has not
haven't: have not; hadn't: had not; you're: you are; they're: they are; we're: we are; you'll: you will; it'll: it will
they'll: they will; we'll: we will; you've: you have; they've: they have; we've: we have; mustn't: must not
""")

UNITS = (
    "GB", "MB", "KB", "kB", "TB", "GiB", "MiB", "KiB", "Hz", "kHz", "MHz", "GHz", "mm", "cm", "km", "kg", "g", "ml",
    "ms", "V", "W", "kW", "Nm", "bar", "°C",
)  # fmt: skip


def cased(like: str, word: str) -> str:
    """A word in the letter case of the one whose place it takes."""
    if len(like) > 1 and like.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if like[:1].isupper() else word


def article_stays(before: str, old: str, new: str) -> bool:
    """Whether "a" or "an" at the end of what stands before a word fits the other word as well."""
    if not re.search(r"(?i)\ban?\s$", before):
        return True
    return (old[:1].casefold() in "aeiou") == (new[:1].casefold() in "aeiou") and not {old[:1], new[:1]} & set("uUhH")
