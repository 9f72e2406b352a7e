"""Why a draft was refused, in words for a person: what stands beside a reason in the funnel."""

from __future__ import annotations

WORDS = {
    # the question
    "about_wording": "it asks about words of the text, not about the matter",
    "badly_formed": "a question or answer that is no whole sentence",
    "duplicate_exact": "the same question was there before",
    "exception_follows": "the next sentence of the document limits what is asked about",
    "leans_on_passage": "it points at a text that its reader will not have",
    "names_nothing": "it does not say what it is about",
    "near_duplicate": "nearly the same question was there before",
    "same_beginning": "another sentence begins alike, so the question has two answers",
    "question_strays": "it asks for what its sentence does not speak of",
    # the answer and its evidence
    "answer_cut": "the answer stops in mid-sentence",
    "answer_in_question": "the question tells its own answer",
    "answers_differ": "asked twice, the teacher gave two answers",
    "added_hedge": "the answer calls common what its quote does not",
    "added_purpose": "the answer tells an aim that its quote does not",
    "changed_modal": "a duty became advice in the answer, or advice a duty",
    "dropped_condition": "the answer leaves out a condition of its quote",
    "dropped_hedge": "the answer leaves out a 'usually' or 'about' of its quote",
    "dropped_negation": "the answer leaves out a 'not' of its quote",
    "evidence_elsewhere": "the answer rests on another sentence than the question",
    "reply_nothing_to_change": "a statement that no one change is sure to make false",
    "reply_too_many_pairs": "more pairs than there are letters for",
    "reply_too_many_options": "more options than there are letters for",
    "reply_too_many_events": "more events than there are letters for",
    "other_subject": "the answer speaks of something else than the question",
    "points_away": "the answer points at a text that its reader will not have",
    "quote_missing": "no sentence of the document supports the answer",
    "repeats_question": "the answer only turns the question round",
    "superseded": "a value that the document itself marks as old",
    "tells_part": "question and answer leave out much of their sentence",
    "unsupported_name": "a name that the document does not have",
    "unsupported_number": "a number that the document does not have",
    "unsupported_words": "too much that the document does not say",
    "asks_count": "it asks how many, and the answer has no number",
    "asks_name": "it asks for a name, and the answer has none",
    "asks_when": "it asks when, and the quote does not say",
    "asks_why": "it asks why or what for, and the quote does not say",
    "wrong_order": "the order is not the document's",
    # the form
    "blank_malformed": "not exactly one blank in the sentence",
    "blank_not_in_text": "what fills the blank is not in the text",
    "blank_trivial": "the blank is a word that carries no meaning",
    "blank_visible": "what fills the blank stands beside it",
    "catch_all_option": "an option such as 'all of the above'",
    "claims_alike": "the true and the false statement say the same",
    "claims_unrelated": "the true and the false statement are about different things",
    "duplicate_options": "two options that say the same",
    "empty_item": "a list entry that says nothing",
    "empty_option": "an option that says nothing",
    "item_not_in_text": "a list entry that the document does not have",
    "item_twice": "a list entry that comes twice",
    "key_given_away": "the right option is seen by its length",
    "label_contradicted": "the explanation contradicts the labels",
    "no_key": "the right option is not among the options",
    "not_a_permutation": "the answer leaves something out or has it twice",
    "numbered_option": "an option that numbers itself",
    "option_count": "too few or too many options",
    "pair_given_away": "a description that names its own term",
    "pair_missing": "a term without its description",
    "pair_unsupported": "a pair that the document does not have",
    "too_few_items": "too few entries for a list",
    # the words
    "leftover": "words of the prompt or marks of the chat in the text",
    "loop": "the same words over and over",
    "refusal": "the teacher declined to write",
    "too_long": "more words than it may have",
    "too_short": "fewer words than it needs",
    "wrong_language": "not in the language that was asked for",
    # the rewritten passage
    "form_is_copy": "the rewritten passage is the passage itself",
    "meta_talk": "the rewritten passage talks about itself",
    "strays_from_source": "the rewritten passage says what the document does not",
    # an edit that was to make the question harder
    "answer_kept": "the edit did not change the answer",
    "detail_replaced": "the edit put something else in the place of the detail",
    "detail_still_there": "the text still has what the edit was to take out",
    "nothing_to_remove": "the quote has nothing that only the answer says",
    "yes_likely": "the question can still be answered after the edit",
    # the judge
    "judge_mean": "on the whole, the teacher as a judge was not convinced",
    "judge_missing": "the judge gave no verdict",
}

STARTS = {
    "judge_": "the teacher as a judge said no",
    "reply_no_evidence": "no sentence of the document supports the answer",
    "reply_cut": "the reply was too long and was cut off",
    "reply_too_few": "the passage has too few of what was asked for",
    "reply_too_many": "the reply has too many of what was asked for",
    "reply_word_not_once": "the word to be left out does not stand in the sentence exactly once",
    "reply_nothing_changed": "the edit changed nothing",
    "reply_prompt_too_long": "the passage does not fit into the teacher's context",
    "reply_": "the teacher's reply could not be used",
}


def in_words(reason: str) -> str:
    """What a reason means; empty for one that another package's verifier has brought."""
    return WORDS.get(reason) or next((words for start, words in STARTS.items() if reason.startswith(start)), "")
