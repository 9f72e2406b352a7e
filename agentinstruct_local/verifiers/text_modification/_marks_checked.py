"""Marks, notes and layouts, checked by taking them off again."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from itertools import pairwise

from agentinstruct_local.verifiers.text_modification._rewritten import Check, quoted, spans, words_of
from agentinstruct_local.words import sentences

Grid = list[list[str]]


def _notation(instruction: str) -> tuple[str, str] | None:
    """What stands around a styled word, by how the style is called."""
    if found := re.search(r"HTML (<(\w+)>)", instruction):
        return found[1], f"</{found[2]}>"
    if found := re.search(r"LaTeX (\\\w+)", instruction):
        return f"{found[1]}{{", "}"
    if "(Markdown)" in instruction:
        return ("**", "**") if "bold" in instruction else ("*", "*")
    return None


def _styled(fits: Callable[[str, str, list[str], str], str]) -> Check:
    def check(instruction: str, text: str, answer: str) -> str:
        around = _notation(instruction)
        return _around(instruction, text, answer, around, fits) if around else "no style is named"

    return check


def _around(
    instruction: str, text: str, answer: str, around: tuple[str, str], fits: Callable[[str, str, list[str], str], str]
) -> str:
    plain, inside, outside = spans(answer, *around)
    if plain != text or not inside:
        return "without its marks the answer is not the text"
    return fits(instruction, text, inside, outside)


def _words(instruction: str, text: str, inside: list[str], outside: str) -> str:
    word = (quoted(instruction) or [""])[0].casefold()
    count = sum(one.casefold() == word for one in words_of(text))
    fine = len(inside) == count and all(one.casefold() == word for one in inside)
    return "" if fine else f"“{word}” is marked {len(inside)} times, and there {count} times"


def _numbers(instruction: str, text: str, inside: list[str], outside: str) -> str:
    fine = all(re.fullmatch(r"[\d.,]*\d", one) for one in inside) and not re.search(r"\d", outside)
    return "" if fine else "not all numbers, or more than numbers"


def _capitals(instruction: str, text: str, inside: list[str], outside: str) -> str:
    fine = all(one.isupper() and one.isalpha() for one in inside) and not re.search(r"[A-Z]{2}", outside)
    return "" if fine else "not all abbreviations, or more than those"


def _one_sentence(instruction: str, text: str, inside: list[str], outside: str) -> str:
    wanted = sentences(text)[0 if "first sentence" in instruction else -1]
    return "" if inside == [wanted] else "another sentence is marked"


def _modals(instruction: str, text: str, inside: list[str], outside: str) -> str:
    words = set(quoted(instruction))
    left = words & set(words_of(outside))
    return "" if set(inside) == words and not left else "not these words everywhere"


def _paths(instruction: str, text: str, inside: list[str], outside: str) -> str:
    fine = all(re.match(r"-|.*[/\\]|[*?]\.", one) for one in inside)
    return "" if fine and not re.search(r"/|(?<!\w)-", outside) else "not all paths and options, or more than those"


def _code(instruction: str, text: str, answer: str) -> str:
    return _around(instruction, text, answer, ("`", "`"), _paths)


def _number_tags(instruction: str, text: str, answer: str) -> str:
    tag = re.search(r"<(\w+)>", instruction)
    return _around(instruction, text, answer, (f"<{tag[1]}>", f"</{tag[1]}>"), _numbers) if tag else "no tag is named"


def _acronym_tags(instruction: str, text: str, answer: str) -> str:
    return _around(instruction, text, answer, ("<abbr>", "</abbr>"), _capitals)


def _numbered(instruction: str, text: str, answer: str) -> str:
    found = re.findall(r"\[(\d+)\] ", answer)
    if found != [str(at) for at in range(1, len(sentences(text)) + 1)]:
        return "the numbers are not 1, 2 and so on, one a sentence"
    parts = [one.strip() for one in re.split(r"\[\d+\] ", answer) if one]
    return "" if parts == list(sentences(text)) else "not the sentences as they were"


def _counted(instruction: str, text: str, answer: str) -> str:
    parts = re.findall(r"(.+?) \((\d+) words\)(?: |$)", answer)
    if [one for one, _ in parts] != list(sentences(text)):
        return "not the sentences as they were, each with a count"
    wrong = [one for one, count in parts if one.count(" ") + 1 != int(count)]
    return f"counted wrongly: {wrong[0]}" if wrong else ""


def _duties(instruction: str, text: str, answer: str) -> str:
    notes = {word: mark for mark, word in re.findall(r"\[([A-Z]+)\] after “(\w+)”", instruction)}
    if not notes or re.sub(r" \[[A-Z]+\]", "", answer) != text:
        return "without its notes the answer is not the text"
    parts = re.findall(r"[\w-]+|\[[A-Z]+\]", answer)
    count = 0
    for at, one in enumerate(parts):
        if one in notes:
            after = [part for part in parts[at + 1 : at + 3] if part != "not"]
            count += after[:1] == [f"[{notes[one]}]"]
    wanted = sum(one in notes for one in words_of(text))
    return "" if count == wanted == len(re.findall(r"\[[A-Z]+\]", answer)) else "a note is missing, wrong or too many"


def _flagged(instruction: str, text: str, answer: str) -> str:
    mark = re.search(r"\(!\)|\[\w+\]", instruction)
    word = (quoted(instruction) or [""])[0].casefold()
    if not mark or not word:
        return "no mark or no word is named"
    wanted = [f"{one} {mark[0]}" if word in map(str.casefold, words_of(one)) else one for one in sentences(text)]
    return (
        "" if answer.split() == " ".join(wanted).split() and mark[0] in answer else "not the right sentences are marked"
    )


def _explained(instruction: str, text: str, answer: str) -> str:
    term = (quoted(instruction) or [""])[0]
    note = re.search(r" \[([^\[\]]+)\]", answer)
    if not term or not note or note[1] not in instruction or answer.replace(note[0], "", 1) != text:
        return "the note is not the one given, or more was changed"
    before = answer[: note.start()].casefold()
    first = before.endswith(term.casefold()) and before.count(term.casefold()) >= 1
    earlier = term.casefold() in map(str.casefold, words_of(before[: len(before) - len(term)]))
    return "" if first and not earlier else "not behind the first mention"


def _lines(mark: str) -> Check:
    def check(instruction: str, text: str, answer: str) -> str:
        told = sentences(text)
        wanted = [mark.format(at=at, letter="abcdefgh"[at - 1]) for at in range(1, len(told) + 1)]
        lines = answer.split("\n")
        fine = len(lines) == len(told) and all(
            line == mine + one for line, mine, one in zip(lines, wanted, told, strict=True)
        )
        return "" if fine else "not each sentence as it was, on a line of its own"

    return check


def _wrapped(instruction: str, text: str, answer: str) -> str:
    found = re.search(r"(\d+) characters", instruction)
    lines = answer.split("\n")
    if not found or " ".join(lines) != text:
        return "not the same words"
    width = int(found[1])
    if any(len(one) > width and " " in one for one in lines):
        return "a line is too long"
    more = [one for one, after in pairwise(lines) if len(one) + 1 + len(after.split()[0]) <= width]
    return f"there is room behind: {more[0]}" if more else ""


def _headed(instruction: str, text: str, answer: str) -> str:
    heading, _, rest = answer.partition("\n\n")
    fine = heading == f"## {(quoted(instruction) or [''])[0]}"
    return _lines("- ")(instruction, text, rest) if fine else "not the heading that was given"


def _json_list(instruction: str, text: str, answer: str) -> str:
    return "" if _loaded(answer) == list(sentences(text)) else "not the sentences as a JSON array"


def _loaded(answer: str) -> object:
    try:
        return json.loads(answer)
    except ValueError:
        return None


class _Cells(HTMLParser):
    """Items of a list and cells of a table, row by row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Grid = []
        self.open = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in ("tr", "ul"):
            self.rows.append([])
        elif tag in ("td", "th", "li") and self.rows:
            self.rows[-1].append("")
            self.open = tag

    def handle_endtag(self, tag: str) -> None:
        self.open = "" if tag == self.open else self.open

    def handle_data(self, data: str) -> None:
        if self.open:
            self.rows[-1][-1] += data
        elif data.strip():
            self.rows.append([data])  # words outside of cells: no table has such a row


def html_rows(answer: str) -> Grid:
    """The cells of an HTML table, or the items of a list as one row."""
    parser = _Cells()
    parser.feed(answer)
    return parser.rows


def _html_list(instruction: str, text: str, answer: str) -> str:
    return "" if html_rows(answer) == [list(sentences(text))] else "not the sentences as items of a list"


def bars(text: str) -> Grid:
    """The cells of a table with bars, without the line under its header."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.splitlines()]
    return [row for row in rows if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]


def _csv(text: str) -> Grid:
    return list(csv.reader(text.splitlines()))


def _objects(answer: str) -> Grid:
    found = _loaded(answer)
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        return []
    return [list(found[0]), *(list(one.values()) for one in found if list(one) == list(found[0]))]


def _entries(answer: str) -> Grid:
    rows = [[line.partition(": ")[::2] for line in block.split("\n")] for block in answer.split("\n\n")]
    return [[name for name, _ in rows[0]], *([cell for _, cell in row] for row in rows)]


def _table(read: Callable[[str], Grid], written: Callable[[str], Grid]) -> Check:
    def check(instruction: str, text: str, answer: str) -> str:
        given = read(text)
        return "" if len(given) > 2 and written(answer) == given else "not the same cells"

    return check


MARKS: Mapping[str, tuple[str, Check]] = {
    "word_style": (r"“.+”", _styled(_words)),
    "number_style": (r"number|figures", _styled(_numbers)),
    "acronym_style": (r"abbreviation", _styled(_capitals)),
    "sentence_style": (r"(?:first|last) sentence", _styled(_one_sentence)),
    "modal_style": (r"“.+”", _styled(_modals)),
    "code_style": (r"backticks", _code),
    "number_tags": (r"number", _number_tags),
    "acronym_tags": (r"abbreviation", _acronym_tags),
    "numbered": (r"\[1\]|square brackets", _numbered),
    "counted": (r"\(9 words\)", _counted),
    "duties": (r"\[[A-Z]+\] after", _duties),
    "flagged": (r"sentence", _flagged),
    "explained": (r"square brackets", _explained),
    "bullets": (r"bullet", _lines("- ")),
    "numbers": (r"number", _lines("{at}. ")),
    "letters": (r"a\)", _lines("{letter}) ")),
    "one_a_line": (r"line", _lines("")),
    "checklist": (r"checklist", _lines("- [ ] ")),
    "html_list": (r"HTML", _html_list),
    "wrapped": (r"\d+ characters", _wrapped),
    "headed": (r"heading", _headed),
    "json_list": (r"JSON", _json_list),
    "table_csv": (r"CSV|comma-separated", _table(bars, _csv)),
    "table_json": (r"JSON", _table(bars, _objects)),
    "table_entries": (r"column: value", _table(bars, _entries)),
    "table_html": (r"HTML", _table(bars, html_rows)),
    "csv_table": (r"Markdown", _table(_csv, bars)),
    "csv_json": (r"JSON", _table(_csv, _objects)),
}
"""Change -> what its instruction has to say, and its check."""
