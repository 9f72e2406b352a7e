"""Questions that the form of a sentence gives."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import make_draft, make_passage

from agentinstruct_local.passages import traits
from agentinstruct_local.tools import ask
from agentinstruct_local.words.questions import is_named, questions

SIZE = "The `max_size` setting limits the size of a log file."


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        (
            "If no retry rules are set for a host, temporary errors are treated as permanent.",
            {"What happens if no retry rules are set for a host?"},
        ),
        (
            "When a package is orphaned twice, the maintainer must be set to the group.",
            {"What is the rule when a package is orphaned twice?"},
        ),
        ("To clear the cache, use the purge command of the console.", {"How do you clear the cache?"}),
        ("To clear it, use the purge command of the console.", set()),  # clear what?
        (
            "Backwards compatibility is turned off by updating the compatibility_level setting in main.cf.",
            {"How is backwards compatibility turned off?"},
        ),
        (
            "DBM databases are not suitable because they can only store small objects.",
            {"Why are DBM databases not suitable?"},
        ),
        (
            "The panic valve must be closed to prevent the pump from running dry.",
            {"Why must the panic valve be closed?", "What is the rule for the panic valve?"},
        ),
        ("The panic valve is used to prevent the pump from running dry.", {"What is the panic valve used for?"}),
        ("The session label is written to the medium before the first block.", {"Where is the session label written?"}),
        ("The session label is written in a compact binary format of its own.", set()),  # that is no place
        ("The drain pump stops when the float switch falls.", {"When does the drain pump stop?"}),
        ("The sqlite map type lets you hook up a mailer to a database.", {"What does the sqlite map type let you do?"}),
        ("Once that bug count gets low enough, the frozen distribution is released.", set()),  # which count?
        ("If you want to build packages you will need a compiler, including a linker and a shell.", set()),
        ("The eth0 port is in the bridge. No address can be assigned on eth0 because it is part of it.", set()),
        ("If your table contains text, audio or video data, the files will store the bytes of the images.", set()),
        ("If you use a mail id, you should automatically get a mail for each reply.", set()),
        ("If the flag is not NULL, place the initial timestamp in the given variable.", set()),
        ("The log rules configures the count of messages that will be kept.", set()),  # that is no English
        ("The drain pump is a machine of steel. It must be greased before use.", set()),
        ("The support trackers may be used as well, but have various technical problems.", set()),
        (
            "The grow factor is the multiplier used to increase the polling time when the loop is late.",
            {"What is the grow factor?"},
        ),
        ("Typically a pool's anchor address is the address of a header structure.", set()),
        ("The login scheme is provided by a plugin chosen at runtime via the AuthType keyword.", set()),
        ("The plugin interface is a work in progress, and is expected to change.", set()),
        ("If you notice that all the job files are gone, your files have been pruned by the system.", set()),
        (
            "The [drain pump](05-pumps.md#drain) controls the level of the [main sump](06-sumps.md).",
            {"What does the drain pump control?"},
        ),
        ("If direct negotiation is required, implement the following steps in the server.", set()),
        ("If you have the second drain pump, the output of the first one at full load.", set()),  # no verb
        ("Drain pump alerts are an integral part of the monitoring of the hall.", set()),
        (
            "The **drain pump** controls the level of Q* sumps in the *lower* hall.",
            {"What does the drain pump control?"},
        ),
        ("The purpose of the panic banner is to confuse thieves so that they stop at once.", set()),
        ("If nobody should edit the log of the drain pump, a lock keeps them honest.", set()),
        (
            "pump_set allows an operator to replace a value of the drain, and pump_clear removes a value of the drain.",
            {"What does pump_set allow?"},
        ),
        (
            "A clean run is logged as partial when the daemon ends early because of a reload.",
            {"When is a clean run logged as partial?"},  # not why
        ),
        ("The whole point of the drain pump is to run when the sump is full.", set()),
        (
            "If you only want to fix bugs, you must use the NMU process.",
            {"What should you do if you only want to fix bugs?"},
        ),
        (
            "If you need higher values, you can use the left box for that value.",
            {"What can you do if you need higher values?"},
        ),
        (
            "If the flag is set, or the file is empty, the file is read again.",
            set(),  # the condition goes on behind the comma
        ),
        (
            "A primary key constraint indicates that a column can be used as a unique identifier.",
            {"What does a primary key constraint indicate?"},
        ),
        (
            "The --force option removes the working tree even with local changes.",
            {
                "Which option removes the working tree even with local changes?",
                "What does the --force option remove?",
            },
        ),
        (
            "Remote Procedure Call (RPC) is a protocol that programs can use to request services.",
            {"What is Remote Procedure Call (RPC)?"},
        ),
        (
            "A special $FILE variable can be used to match the name of the journal.",
            {"What can a special $FILE variable be used for?"},
        ),
        (
            "Symbolic links must not traverse above the root directory of a package.",
            {"What must symbolic links not do?"},
        ),
        (
            "The panic log should be empty under normal circumstances of work.",
            {"What is the rule for the panic log?"},
        ),
        ("The package lists are sorted by a job of cron in the night.", set()),  # "lists" is no verb here
        (
            "The bearings of the pump are greased every 2,000 hours with lithium grease.",
            {"How often are the bearings of the pump greased?"},
        ),
        (
            "Small leaks at the shaft seal are allowed as long as they stay below 20 drops per minute.",
            {"When are small leaks at the shaft seal allowed?"},
        ),
        (
            "The DATA protocol allows the contents of a message to be checked.",
            {"Which protocol allows the contents of a message to be checked?", "What does the DATA protocol allow?"},
        ),
        ("The torque for the casing bolts is 85 Nm.", {"What is the torque for the casing bolts?"}),
        (
            "A sample that arrives warmer than 10 degrees is thrown away and taken again.",
            {"What happens to a sample that arrives warmer than 10 degrees?"},
        ),
        ("If archivename is omitted or NULL, it simply renames oldname to newname.", set()),
        ("The option can be used to report when specific users log in or out.", set()),
        ("This option removes the working tree even with local changes.", set()),
        ("In this case the program removes the working tree and all its files.", set()),
        ("Fixed an issue where the regex may fail to exclude absolute paths.", set()),
        ("The main author is a member of the board that decides about it all.", set()),
        ("If more than twenty alarms are raised during that interval, further ones are dropped.", set()),
        ("The cache is treated like a disk, so that the operator should take care of its size.", set()),
        ("The cache is kept on its own disk, so that the pumps can run when the server stops.", set()),  # "its"
        (
            "The drain log is kept apart, so that the pumps can run when the server stops.",
            {"Why is the drain log kept apart?"},
        ),
        ("The pump keys page describes the files that are required for each of the schemes.", set()),
        ("The drain pump controls the level of the the sump in the lower hall.", set()),
        ("The drain pump is used together with the main pump in order to solve that issue.", set()),
        ("The drain pump is designed for exactly that purpose and for nothing else.", set()),
        ("Drain buffers are the basic building block for <arrays> [Design.Arrays.txt] of pumps.", set()),
        ("`The Drain Archive`_ is a public archive of all the pumps in use.", {"What is the Drain Archive?"}),
        ("If you use the drain pump in a cluster, you should follow the instructions for clusters.", set()),
        ("The [drain pump][pumps] controls the level of the main sump.", {"What does the drain pump control?"}),
        ("Once you have verified the drain keys, the final step is to remove the old key files.", set()),
        ("If you want to skip the drain pump, its log is written to another file.", set()),
        (
            "If you have access to the console, just log in and click on the drain options.",
            {"What should you do if you have access to the console?"},
        ),
        ("Specifes the port that the drain pump should connect to on the server.", set()),
        ("An drain pump with no float shows the loop of the lower hall.", set()),
        ("A open drain pump shows the loop of the lower hall.", set()),
        ("PORT is the port number on which the drain daemon is listening.", set()),
        (
            "Drain file names should now be supported as of version 7 of the pump.",
            {"What is the rule for drain file names?"},
        ),
        ("NULL is returned if the drain log cannot be opened by the pump.", set()),
        ("The drain library (libdrain is its name) can hold sockets, cores and threads.", set()),
        (
            "drain_set allows a pump to set a value, and drain_clear unsets a value of the pump.",
            {"What does drain_set allow?"},
        ),
        ("The suppression of drains therefore allows the pump to say which sump is meant.", set()),
        ("Whether drains are stopped should be checked when a pump of the hall fails.", set()),
        ("Drain names (optional, only useful for very old halls that still have pumps) are kept.", set()),
        ("When a pump fails and is not restarted, e.g. because it is dry, use the drain tool.", set()),
        (
            "The drain directive configures whether the pump should provide a float to the sump.",
            {"What does the drain directive configure?"},
        ),
        ("Once you have > synced the drain log, go on with the > configuration of the pumps.", set()),
        ("Four drain conventions are used to call attention to specific pumps of the hall.", set()),
        ("only_drain is used by the internals of pumps and should not be set by hand.", set()),
        ("If you use the drain pump, ensure that it is set up appropriately for the hall.", set()),
        ("GATEWAY is the gateway address where the drain packets of the pump are sent.", set()),
        ("Drain routing is a very fundamental feature of the technology of pumps.", set()),
        ("Nothing of the kind.", set()),
    ],
)
def test_a_form_gives_its_questions_and_no_others(sentence, wanted):
    known = "In it, symbolic links are rare, The end"
    assert {one.question for one in questions(sentence, known)} == wanted


def test_every_question_ends_with_its_mark_and_its_key_is_of_the_sentence():
    sentence = "The `max_size` setting limits the size of a log file that the server writes."
    for one in questions(sentence):
        assert one.question.count("?") == 1
        assert one.question.endswith("?")
        assert one.key in sentence


def test_the_tool_gives_question_and_reply():
    draft = make_draft(f"{SIZE} Logs are text.", focus=SIZE)
    output = ask.use(draft)["output"]
    assert output["question"] in (
        "What does the `max_size` setting limit?",
        "Which setting limits the size of a log file?",
    )
    assert output["told"] == "The `max_size` setting limits the size of a log file."


def test_names_keep_their_marks():
    focus = "If a subclass overrides the constructor, Thread.__init__() must be called with *args* first."
    told = ask.use(make_draft(focus, focus=focus))["output"]["told"]
    assert told == "If a subclass overrides the constructor, Thread.__init__() must be called with args first."


def test_names_keep_their_case_and_lose_their_escapes():
    focus = "virSecretFree should be used to free the drain of root\\@pump after it has run."
    told = ask.use(make_draft(focus, focus=focus.replace(" after it has run", "")))["output"]["told"]
    assert told == "virSecretFree should be used to free the drain of root@pump."


def test_a_sentence_without_a_form_is_refused():
    draft = make_draft("However, nobody knows of it any more.", focus="However, nobody knows of it any more.")
    assert ask.use(draft) == {"error": "nothing_to_ask"}


def test_what_the_passage_tells_in_two_sentences_is_not_asked():
    focus = "A primary key constraint indicates that a column is unique."
    text = f"{focus} A primary key constraint is kept by an index."
    assert ask.use(make_draft(text, focus=focus)) == {"error": "nothing_to_ask"}


@pytest.mark.parametrize(
    ("after", "asked"),
    [
        ("New alarms are stored in the meantime.", False),  # part of what happens
        ("The hall is cleaned on Fridays.", True),
        ("\n\nNew alarms are stored in the meantime.", True),  # another paragraph
    ],
)
def test_what_goes_on_in_the_next_sentence_is_not_asked_as_if_it_did_not(after, asked):
    focus = "If the duty engineer does not answer, all alarms go to the control room."
    draft = make_draft(f"{focus} {after}", focus=focus)
    assert ("output" in ask.use(draft)) is asked


def test_what_only_turns_its_subject_round_is_not_asked():
    text = "A drain ACCEPT mark means that the drains will be accepted."
    assert ask.use(make_draft(text, focus=text)) == {"error": "nothing_to_ask"}


def test_a_name_tells_the_words_that_it_is_made_of():
    text = "The `disk_details` contain a list of all the details of each disk."
    assert {one.question for one in questions(text)} == set()
    text = "A `disk_details` field contains the list of all the details of each disk."
    asked = {ask.use(replace(make_draft(text, focus=text), seed=seed))["output"]["question"] for seed in range(9)}
    assert asked == {"Which field contains the list of all the details of each disk?"}


def test_what_a_whole_document_is_about_is_not_asked_in_general():
    text = "PostgreSQL provides a rich set of tools for developers of databases."
    assert ask.use(make_draft(text, focus=text, title="PostgreSQL manual")) == {"error": "nothing_to_ask"}


def test_what_can_be_asked_is_a_trait_of_a_unit():
    def of(text: str) -> frozenset[str]:
        return traits(make_passage(text), 0)

    assert "askable" in of("The panic log should be empty under normal circumstances of work.")
    assert "askable" not in of("However, it should be empty under normal circumstances of work.")


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        ("A yellow alarm means that a limit has been passed.", True),
        ("If no check_configured_cb is defined, the server takes the module as configured.", True),
        ("If the duty engineer does not answer within ten minutes, the operator calls the head.", True),
        ("If the option is given twice, the table is printed in full width.", False),
    ],
)
def test_a_question_that_names_nothing_is_known(sentence, named):
    (found,) = questions(sentence)
    assert is_named(found) is named
    assert ("output" in ask.use(make_draft(sentence, focus=sentence), named=True)) is named
