"""Office files, books, mail, data and archives: what is read of them, and every way in which one can be hostile."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from agentinstruct_local.passages import split
from agentinstruct_local.readers import _archive, _tables, collect, readers
from agentinstruct_local.readers import zip as zip_reader

GOOD = "The pump must be serviced every 30 days."


def only(tmp_path: Path, name: str, data: bytes | str):
    file = tmp_path / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    found = collect([file])
    assert len(found.documents) == 1 and not found.unread, found
    return found.documents[0]


def text(tmp_path: Path, name: str, data: bytes | str) -> str:
    return only(tmp_path, name, data).text


def refusal(tmp_path: Path, name: str, data: bytes | str) -> str:
    (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
    (tmp_path / "good.txt").write_text(GOOD)
    found = collect([tmp_path])
    assert [document.source for document in found.documents] == [f"{tmp_path.name}/good.txt"], found
    (one,) = found.unread
    assert one.source.startswith(f"{tmp_path.name}/{name}") and one.detail
    return one.reason


def zipped(files: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def repacked(data: bytes, changes: dict[str, bytes]) -> bytes:
    """An office file with some parts changed or added."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zipped({**parts, **changes})


def part(data: bytes, name: str) -> bytes:
    return zipfile.ZipFile(io.BytesIO(data)).read(name)


# --- tables as text -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", 'Part,Days,Note\nseal,90,"a, b"\nrotor,30,x|y\n'),
        ("a.csv", "Part;Days;Note\nseal;90;a, b\nrotor;30;x|y\n"),
        ("a.csv", "sep=;\nPart;Days;Note\nseal;90;a, b\nrotor;30;x|y\n"),
        ("a.tsv", "Part\tDays\tNote\nseal\t90\ta, b\n\nrotor\t30\tx|y\n"),
        ("a.csv", 'Part,,Days,Note\nseal,,90,"a,\n b"\n,,,\nrotor,,30,x\x00|y\n'),
    ],
)
def test_csv_is_a_table(tmp_path: Path, name: str, data: str) -> None:
    assert text(tmp_path, name, data) == (
        "| Part | Days | Note |\n| --- | --- | --- |\n| seal | 90 | a, b |\n| rotor | 30 | x/y |"
    )


def test_csv_in_another_encoding_and_with_ragged_rows(tmp_path: Path) -> None:
    data = "Teil;Ort\nDüse;Köln\nnur eins\n".encode("cp1252")
    assert text(tmp_path, "a.csv", data) == "| Teil | Ort |\n| --- | --- |\n| Düse | Köln |\n| nur eins |  |"


def test_a_column_of_texts_makes_records_and_keeps_them_whole(tmp_path: Path) -> None:
    long = "The seal leaks when the pump is hot.\n\n" + "It is pressed in by hand | never with a hammer. " * 6
    got = text(tmp_path, "a.csv", f'Id,Answer,By\n7,"{long}",Ann\n8,"{long}",Bob\n')
    assert got.startswith("Id: 7\n\nAnswer: The seal leaks when the pump is hot.\n\nIt is pressed in by hand | never")
    assert "hammer.\n\nBy: Ann\n\nId: 8\n\n" in got


def test_a_long_table_is_cut_into_passages_that_fit(tmp_path: Path) -> None:
    rows = "\n".join(f"part {number},every {number} days,shelf {number % 7}" for number in range(600))
    document = only(tmp_path, "a.csv", f"Part,Service,Place\n{rows}\n")
    passages = split(document, count_tokens=lambda words: len(words.split()), max_tokens=200)
    assert len(passages) > 10
    assert all(len(passage.text.split()) <= 200 for passage in passages)
    assert all(document.text[slice(*passage.span)] == passage.text for passage in passages)


def test_csv_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: None) -> None:
    assert refusal(tmp_path, "a.csv", "a,b\n" + "x" * 200_000 + ",1\n") == "too_large"
    one_wide_row = "a\n" * 30_000 + "b," * 30_000 + "b\n"
    assert refusal(tmp_path, "a.csv", one_wide_row) == "too_large"
    monkeypatch.setattr(_tables, "MAX_CELLS", 50)
    assert refusal(tmp_path, "a.csv", "a,b\n" * 30) == "too_large"


# --- Excel ----------------------------------------------------------------------------------------------------------


def workbook() -> bytes:
    import datetime

    import openpyxl

    book = openpyxl.Workbook()
    book.properties.title = "Stock"
    first = book.active
    first.title = "Pumps"
    first["A1"] = "Pumps of the north plant"
    for row in [
        ("Part", "Days", "Since", "Share"),
        ("seal", 90, datetime.datetime(2026, 5, 3), 0.25),
        ("a|b", 0.1 + 0.2, None, True),
    ]:
        first.append(row)
    first["D3"].number_format = "0%"
    first["A6"], first["A8"], first["B8"], first["A9"], first["B9"] = "A remark.", "Key", "Value", "x", "=1+1"
    hidden = book.create_sheet("Secret")
    hidden["A1"] = "hidden words"
    hidden.sheet_state = "hidden"
    book.create_sheet("Empty")
    last = book.create_sheet("Valves")
    last["C5"], last["D5"], last["C6"], last["D6"] = "Valve", "Room", "V7", 12
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_xlsx_sheets_are_headings_tables_and_pages(tmp_path: Path) -> None:
    document = only(tmp_path, "a.xlsx", workbook())
    assert document.title == "Stock"
    assert document.text == (
        "# Pumps\n\nPumps of the north plant\n\n"
        "| Part | Days | Since | Share |\n| --- | --- | --- | --- |\n"
        "| seal | 90 | 2026-05-03 | 25% |\n| a/b | 0.3 |  | TRUE |\n\n"
        "A remark.\n\n| Key | Value |\n| --- | --- |\n| x |  |\n\n"
        "# Valves\n\n| Valve | Room |\n| --- | --- |\n| V7 | 12 |"
    )
    assert len(document.pages) == 4
    assert document.text[document.pages[3] :].startswith("# Valves")
    passage = split(document, count_tokens=lambda words: len(words.split()), min_tokens=1)[-1]
    assert passage.pages == (4, 4)


def test_xlsx_a_size_that_is_only_claimed_costs_nothing(tmp_path: Path) -> None:
    data = workbook()
    sheet = part(data, "xl/worksheets/sheet4.xml").replace(b"C5:D6", b"A1:XFD1048576")
    assert b"XFD1048576" in sheet
    assert "| V7 | 12 |" in text(tmp_path, "a.xlsx", repacked(data, {"xl/worksheets/sheet4.xml": sheet}))


def test_xlsx_far_cells_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: None) -> None:
    monkeypatch.setattr(_tables, "MAX_CELLS", 20_000)
    data = workbook()
    sheet = (
        part(data, "xl/worksheets/sheet4.xml")
        .replace(b'r="D6"', b'r="XFD999999"')
        .replace(b'<row r="6"', b'<row r="999999"')
    )
    assert refusal(tmp_path, "a.xlsx", repacked(data, {"xl/worksheets/sheet4.xml": sheet})) == "too_large"


# --- PowerPoint -----------------------------------------------------------------------------------------------------


def deck() -> bytes:
    import pptx
    from pptx.util import Inches

    made = pptx.Presentation()
    made.core_properties.title = "Pump course"
    first = made.slides.add_slide(made.slide_layouts[1])
    first.shapes.title.text = "Care of\vpumps"
    first.placeholders[1].text = "Oil it daily\nKeep it cool"
    first.placeholders[1].text_frame.paragraphs[1].level = 1
    first.notes_slide.notes_text_frame.text = "Say that oil is dear."
    hidden = made.slides.add_slide(made.slide_layouts[5])
    hidden.shapes.title.text = "Not shown"
    hidden._element.set("show", "0")
    third = made.slides.add_slide(made.slide_layouts[6])
    box = third.shapes.add_textbox(0, 0, Inches(2), Inches(1))
    box.text_frame.text = "A box with a sentence."
    group = third.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "Inside a group."
    table = third.shapes.add_table(2, 2, 0, 0, Inches(2), Inches(1)).table
    for place, words in enumerate(["Part", "Days", "seal", "9|0"]):
        table.cell(place // 2, place % 2).text = words
    made.slides.add_slide(made.slide_layouts[6])
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_pptx_slides_are_headings_and_pages_with_notes(tmp_path: Path) -> None:
    document = only(tmp_path, "a.pptx", deck())
    assert document.title == "Pump course"
    assert document.text == (
        "## Slide 1: Care of pumps\n\n- Oil it daily\n  - Keep it cool\n\n### Notes\n\nSay that oil is dear.\n\n"
        "## Slide 3\n\nA box with a sentence.\n\nInside a group.\n\n| Part | Days |\n| --- | --- |\n| seal | 9/0 |"
    )
    assert len(document.pages) == 4
    assert document.text[document.pages[2] :].startswith("## Slide 3")
    assert "Not shown" not in document.text


# --- office files as zip containers -----------------------------------------------------------------------------------


def word() -> bytes:
    import docx

    made = docx.Document()
    made.add_paragraph(GOOD)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


OFFICE = {
    "a.docx": (word, "word/document.xml"),
    "a.xlsx": (workbook, "xl/workbook.xml"),
    "a.pptx": (deck, "ppt/presentation.xml"),
}
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("name", OFFICE)
def test_office_xml_with_entities_is_refused_in_any_encoding(tmp_path: Path, name: str) -> None:
    make, main = OFFICE[name]
    data = make()
    xml = part(data, main)
    head, _, body = xml.decode().partition("?>")
    attacks = {
        main: f"{head}?>{BOMB}{body}".encode(),
        "customXml/spaces.xml": b" " * 70_000 + BOMB.encode() + b"<x/>",
        "customXml/split.xml": b"<x>" + b" " * (65536 - 3 - 4) + b"<!ENTITY a 'b'></x>",
        "customXml/wide.xml": f'<?xml version="1.0" encoding="UTF-16"?>{BOMB}<x/>'.encode("utf-16"),
        "customXml/seven.xml": b"<?xml version='1.0' encoding='utf-7'?>+ADwAIQ-DOCTYPE x><x/>",
        "customXml/ebcdic.xml": f"<?xml version='1.0' encoding='cp037'?>{BOMB}<x/>".encode("cp037"),
        "customXml/picture.png": f"{BOMB}<x/>".encode(),
    }
    for place, attack in attacks.items():
        assert refusal(tmp_path, name, repacked(data, {place: attack})) == "entities", place
    (tmp_path / "good.txt").unlink()
    drawing = b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" ""><svg/>'
    assert text(tmp_path, name, repacked(data, {"word/media/drawing.svg": drawing}))


@pytest.mark.parametrize("name", [*OFFICE, "a.epub", "a.odt", "a.zip"])
def test_a_container_that_is_locked_or_broken(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path, name, b"\xd0\xcf\x11\xe0" + bytes(600)) == "encrypted"
    assert refusal(tmp_path, name, b"PK\x03\x04 nonsense") == "damaged"
    data = zipped({"mimetype": "x", "readme.txt": GOOD * 50})
    assert refusal(tmp_path, name, data[: len(data) // 2]) == "damaged"


@pytest.mark.parametrize("name", OFFICE)
def test_an_office_zip_bomb(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch, in_process: None) -> None:
    data = repacked(OFFICE[name][0](), {"x/bomb.bin": bytes(3_000_000)})
    assert refusal(tmp_path, name, data) == "zip_bomb"
    monkeypatch.setattr(_archive, "MAX_UNPACKED", 5000)
    assert refusal(tmp_path, name, OFFICE[name][0]()) == "too_large"


@pytest.mark.parametrize("name", [*OFFICE, "a.epub", "a.odt"])
def test_a_container_of_too_many_parts_is_refused_before_one_is_read(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path, name, zipped({f"part{number}.bin": b"" for number in range(5001)})) == "too_large"


@pytest.mark.parametrize("name", [*OFFICE, "a.epub", "a.odt"])
def test_a_bomb_of_many_parts_is_refused_by_what_they_are_together(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch, in_process: None
) -> None:
    """Each part stays below what is looked at in one; all of them do not."""
    monkeypatch.setattr(_archive, "FREE", 100_000)
    parts = {f"x/part{number}.bin": bytes(90_000) for number in range(400)}
    make = {
        **{office: make for office, (make, _) in OFFICE.items()},
        "a.epub": lambda: zipped(BOOK),
        "a.odt": lambda: odt("<text:p>x</text:p>"),
    }
    data = repacked(make[name](), parts)
    if name in OFFICE:
        assert refusal(tmp_path, name, data) == "zip_bomb"
    else:  # of a book and of a text only those parts are unpacked that are read
        (tmp_path / name).write_bytes(data)
        assert [one.source for one in collect([tmp_path]).documents] == [f"{tmp_path.name}/{name}"]


def test_an_office_file_with_a_name_that_leads_out_writes_nothing(tmp_path: Path) -> None:
    data = repacked(word(), {"../../escaped.txt": b"x"})
    assert GOOD in text(tmp_path, "a.docx", data)
    assert [file.name for file in tmp_path.iterdir()] == ["a.docx"]


# --- books, OpenDocument, rich text -------------------------------------------------------------------------------------

CONTAINER = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">
<metadata><dc:title>The pump</dc:title></metadata><manifest>
<item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="a" href="text/one.xhtml" media-type="application/xhtml+xml"/>
<item id="b" href="text/t%20wo.xhtml" media-type="application/xhtml+xml"/>
<item id="c" href="text/gone.xhtml" media-type="application/xhtml+xml"/>
<item id="x" href="extra.xhtml" media-type="application/xhtml+xml"/>
</manifest><spine><itemref idref="n"/><itemref idref="b"/><itemref idref="c"/><itemref idref="a"/><itemref idref="b"/>
<itemref idref="x" linear="no"/></spine></package>"""
CHAPTER = "<?xml version='1.0' encoding='utf-8'?><!DOCTYPE html><html xmlns='http://www.w3.org/1999/xhtml'><head><title>t</title></head><body><h1>{0}</h1><p>Words of chapter {0}.</p></body></html>"
BOOK: dict[str, bytes | str] = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": CONTAINER,
    "OPS/book.opf": PACKAGE,
    "OPS/nav.xhtml": CHAPTER.format("Contents"),
    "OPS/extra.xhtml": CHAPTER.format("Extra"),
    "OPS/text/one.xhtml": CHAPTER.format("First"),
    "OPS/text/t wo.xhtml": CHAPTER.format("Second"),
}


def test_epub_is_read_in_the_order_of_its_spine(tmp_path: Path) -> None:
    document = only(tmp_path, "a.epub", zipped(BOOK))
    assert document.title == "The pump"
    assert document.text == "# Second\n\nWords of chapter Second.\n\n# First\n\nWords of chapter First."


def test_epub_hostile(tmp_path: Path) -> None:
    lock = '<encryption><CipherReference URI="{}"/></encryption>'
    locked = zipped({**BOOK, "META-INF/encryption.xml": lock.format("OPS/text/t%20wo.xhtml")})
    assert refusal(tmp_path, "a.epub", locked) == "encrypted"
    assert refusal(tmp_path, "a.epub", zipped({**BOOK, "OPS/book.opf": BOMB + PACKAGE})) == "entities"
    assert refusal(tmp_path, "a.epub", zipped({**BOOK, "OPS/book.opf": PACKAGE[:300]})) == "damaged"
    assert refusal(tmp_path, "a.epub", zipped({"mimetype": "x"})) == "damaged"
    assert refusal(tmp_path, "a.epub", zipped({**BOOK, "OPS/text/one.xhtml": " " * 3_000_000})) == "zip_bomb"
    (tmp_path / "good.txt").unlink()
    fonts = zipped({**BOOK, "META-INF/encryption.xml": lock.format("OPS/font.otf")})
    assert "# First" in text(tmp_path, "a.epub", fonts)


ODT_HEAD = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"><office:automatic-styles>'
    '<style:style style:name="P1" style:parent-style-name="Preformatted_20_Text"/></office:automatic-styles>'
    "<office:body><office:text>"
)
ODT_FOOT = "</office:text></office:body></office:document-content>"


def odt(body: str, **more: str) -> bytes:
    return zipped({"content.xml": ODT_HEAD + body + ODT_FOOT, **more})


def test_odt_in_document_order(tmp_path: Path) -> None:
    body = """<text:tracked-changes><text:deletion><text:p>gone</text:p></text:deletion></text:tracked-changes>
    <text:p text:style-name="Title">Leave</text:p><text:h text:outline-level="2">Holi<text:span>days</text:span></text:h>
    <text:p>Everyone<text:s text:c="999999999"/>has<text:note><text:note-body><text:p>foot</text:p></text:note-body></text:note> 25 days.</text:p>
    <text:section><text:list><text:list-item><text:p>ask early</text:p><text:list><text:list-item><text:p>by mail</text:p>
    </text:list-item></text:list></text:list-item><text:list-item><text:p>tell the team</text:p></text:list-item></text:list></text:section>
    <text:p text:style-name="P1">pump --start</text:p><text:p text:style-name="P1">  now</text:p>
    <table:table><table:table-row><table:table-cell><text:p>Grade</text:p></table:table-cell>
    <table:table-cell><text:p>Days</text:p></table:table-cell></table:table-row>
    <table:table-row><table:table-cell><text:p>A|B</text:p></table:table-cell><table:table-cell><text:p>25</text:p></table:table-cell>
    <table:table-cell table:number-columns-repeated="999999999"/></table:table-row></table:table><text:p>After.</text:p>"""
    meta = '<m xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Leave rules</dc:title></m>'
    document = only(tmp_path, "a.odt", odt(body, **{"meta.xml": meta}))
    assert document.title == "Leave rules"
    assert document.text == (
        "# Leave\n\n## Holidays\n\nEveryone has 25 days.\n\n- ask early\n  - by mail\n- tell the team\n\n"
        "```\npump --start\n  now\n```\n\n| Grade | Days |\n| --- | --- |\n| A/B | 25 |\n\nAfter."
    )


def test_odt_hostile(tmp_path: Path) -> None:
    assert refusal(tmp_path, "a.odt", zipped({"content.xml": BOMB + ODT_HEAD + ODT_FOOT})) == "entities"
    manifest = '<manifest><encryption-data checksum="x"/></manifest>'
    assert refusal(tmp_path, "a.odt", odt("<text:p>x</text:p>", **{"META-INF/manifest.xml": manifest})) == "encrypted"
    deep = "<text:span>" * 100_000 + "x" + "</text:span>" * 100_000
    assert refusal(tmp_path, "a.odt", odt(f"<text:p>{deep}</text:p>" + "".join(map(str, range(20_000))))) == "damaged"
    assert refusal(tmp_path, "a.odt", zipped({"content.xml": "<x/>"})) == "damaged"
    assert refusal(tmp_path, "a.odt", zipped({"other.xml": "<x/>"})) == "damaged"
    assert refusal(tmp_path, "a.odt", odt("")) == "no_text"


RTF = (
    r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Times;}{\f1\fcharset204 Cyr;}}{\info{\title T}}"
    r"""\f0 Caf\'e9 pump\par {\field{\*\fldinst{HYPERLINK "http://hidden"}}{\fldrslt{\ul the link}}} \u8364?5 \u-10179?\u-8704?\par """
    r"\f1\'cf\'f0\f0\par \trowd Part\cell Days\cell\row\trowd seal\cell 90\cell\row\pard After.\par {\*\secret no}}"
)  # fmt: skip


def test_rtf(tmp_path: Path) -> None:
    got = text(tmp_path, "a.rtf", RTF)
    assert got.startswith("Café pump\n\nthe link €5 \U0001f600\n\nПр\n\n")
    assert got.endswith("| Part | Days |\n| --- | --- |\n| seal | 90 |\n\nAfter.")
    assert not any(word in got for word in ("hidden", "Times", "secret", "HYPERLINK"))


def test_rtf_hostile(tmp_path: Path) -> None:
    assert refusal(tmp_path, "a.rtf", "plain words") == "damaged"
    assert refusal(tmp_path, "a.rtf", r"{\rtf1 \u99999999? x}") == "damaged"
    (tmp_path / "good.txt").unlink()
    # A table of fonts that never ends must cost no more than its length.
    fonts = r"{\rtf1\ansi{\fonttbl" + r"\f1\fcharset0" * 3000 + "}" + GOOD + "}"
    assert text(tmp_path, "a.rtf", fonts) == GOOD
    fields = r"{\rtf1 " + r"{\field{\*\fldinst{HYPERLINK " * 3000 + "}" * 9000 + GOOD + "}"
    assert GOOD in text(tmp_path, "a.rtf", fields)
    assert GOOD in text(tmp_path, "a.rtf", r"{\rtf1 " + "{" * 100_000 + "}" * 100_000 + GOOD + "}")


# --- mail ---------------------------------------------------------------------------------------------------------------


def mail(subject: str = "Pümp 7", body: str = GOOD, html: str = "") -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = subject
    made["From"] = "Ann Älder <ann@plant.example>"
    made["To"] = "bob@plant.example"
    made["Date"] = "Tue, 03 May 2026 10:20:00 +0200"
    if body:
        made.set_content(body)
    if html:
        (made.add_alternative if body else made.set_content)(html, subtype="html")
    return made


def test_eml_keeps_the_message_and_nothing_else(tmp_path: Path) -> None:
    quoted = f"{GOOD}\n\nOn Mon, 2 May 2026, Bob wrote:\n> old words\n> > older\n\nA last line.\n"
    made = mail(body=quoted, html="<p>HTML version</p>")
    made.add_attachment(b"attached words", maintype="text", subtype="plain", filename="a.txt")
    made.add_attachment(mail("Forwarded", "inner message"))
    document = only(tmp_path, "a.eml", made.as_bytes())
    assert document.title == "Pümp 7"
    assert document.text == f"# Pümp 7\n\nFrom: Ann Älder, 2026-05-03 10:20\n\n{GOOD}\n\nA last line."
    for gone in ("old words", "wrote", "HTML version", "attached words", "inner message", "bob@", "ann@"):
        assert gone not in document.text


def test_eml_without_plain_text_takes_the_html(tmp_path: Path) -> None:
    made = mail(body="", html="<html><body><h2>Pumps</h2><p>Oil <b>daily</b>.</p><script>x()</script></body></html>")
    assert text(tmp_path, "a.eml", made.as_bytes()).endswith("## Pumps\n\nOil daily.")


def test_mbox_each_message_is_a_section(tmp_path: Path) -> None:
    one, two = mail("First", f"{GOOD}\n\n>From here on it is hot.\nFrom now on too.\n"), mail("Second", "Other words.")
    box = b"".join(b"From ann@x Tue May  3 10:20:00 2026\n" + one.as_bytes() + b"\n" for one in (one, two))
    document = only(tmp_path, "a.mbox", box)
    assert [line for line in document.text.split("\n") if line.startswith("#")] == ["# First", "# Second"]
    assert "From here on it is hot.\nFrom now on too." in document.text
    assert document.text.endswith("Other words.")


def test_mail_hostile(tmp_path: Path) -> None:
    deep = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(3000))
    assert refusal(tmp_path, "a.eml", deep) == "damaged"
    locked = "Subject: x\nContent-Type: multipart/encrypted; boundary=b\n\n--b\nContent-Type: application/octet-stream\n\nx\n--b--\n"
    assert refusal(tmp_path, "a.eml", locked) == "encrypted"
    assert refusal(tmp_path, "a.eml", "Subject: only a head\n\n") == "no_text"
    (tmp_path / "a.eml").unlink()
    assert refusal(tmp_path, "a.mbox", "no message at all") == "damaged"
    (tmp_path / "good.txt").unlink()
    (tmp_path / "a.mbox").unlink()
    odd = f"Subject: =?utf-8?b?not base 64!?= =?x-none?q?odd?=\nDate: never\nFrom: \x1b]0;x\x07 <<<\nContent-Type: text/plain; charset=no-such\n\n{GOOD}\x00\n"
    got = text(tmp_path, "a.eml", odd)
    assert got.endswith(GOOD) and "\x1b" not in got and "\x00" not in got
    (tmp_path / "a.eml").unlink()
    picture = b"Subject: s\nContent-Type: text/plain\n\n" + bytes(range(256)) * 9
    assert refusal(tmp_path, "a.eml", picture) == "no_text"


# --- notebooks and JSON ---------------------------------------------------------------------------------------------------


def test_notebook_cells(tmp_path: Path) -> None:
    book = {
        "nbformat": 4,
        "metadata": {"language_info": {"name": "julia"}},
        "cells": [
            {
                "cell_type": "markdown",
                "source": ["# Flow of pumps\n", "It is *high*. ![p](data:image/png;base64,AAAA)"],
            },
            {"cell_type": "code", "source": "x = 1\n# no heading", "outputs": [{"text": ["printed"]}]},
            {"cell_type": "code", "source": ["s = '```'\n"], "outputs": []},
            {"cell_type": "code", "source": []},
            {"cell_type": "raw", "source": "raw words"},
        ],
    }
    document = only(tmp_path, "a.ipynb", json.dumps(book))
    assert document.title == "Flow of pumps"
    assert document.text == (
        "# Flow of pumps\nIt is *high*.\n\n```julia\nx = 1\n# no heading\n```\n\n````julia\ns = '```'\n````"
    )


def test_an_old_notebook_and_bad_ones(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "input": ["y = 2"], "language": "python"}]
    assert text(tmp_path, "a.ipynb", json.dumps({"worksheets": [{"cells": cells}]})) == "```python\ny = 2\n```"
    for bad in ("[1]", "{}", '{"cells": 3}', "{"):
        assert refusal(tmp_path, "a.ipynb", bad) == "damaged"
    assert refusal(tmp_path, "a.ipynb", "[" * 100_000) == "damaged"
    assert (
        refusal(tmp_path, "a.ipynb", '{"cells": [1, {"cell_type": []}, {"cell_type": "code", "source": []}]}')
        == "no_text"
    )


def test_json_objects_lists_and_tables(tmp_path: Path) -> None:
    long = "The seal leaks when hot.\n\nIt is pressed in by hand."
    data = {
        "title": "Plant",
        "open": True,
        "none": None,
        "empty": "",
        "rate": 0,
        "place": {"city": "Ulm", "at": {"floor": 2}},
        "tags": ["a", "b"],
        "story": long,
        "parts": [{"name": "seal", "days": 90}, {"name": "ro|tor", "days": 30, "by": "Ann"}],
        "logs": [{"at": 1, "who": {"id": 5}}, {"at": 2}],
    }
    raw = json.dumps(data).replace('"rate": 0', '"rate": 1.10')
    document = only(tmp_path, "a.json", raw)
    assert document.title == "Plant"
    assert document.text == (
        "title: Plant\nopen: true\nrate: 1.10\n\nplace.city: Ulm\n\nplace.at.floor: 2\n\ntags: a, b\n\n"
        f"story: {long}\n\nparts:\n\n| name | days | by |\n| --- | --- | --- |\n| seal | 90 |  |\n| ro/tor | 30 | Ann |\n\n"
        "logs.1.at: 1\n\nlogs.1.who.id: 5\n\nlogs.2.at: 2"
    )


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json"])
def test_json_lines_are_a_block_each(tmp_path: Path, name: str) -> None:
    long = "word " * 100
    lines = [{"q": "Why?", "a": "Heat.", "n": 1}, {"q": "How?", "a": long}]
    got = text(tmp_path, name, "\n".join(map(json.dumps, lines)) + "\n\n")
    assert got == f"q: Why?\na: Heat.\nn: 1\n\nq: How?\n\na: {long.strip()}"


def test_json_a_list_of_flat_objects_is_a_table(tmp_path: Path) -> None:
    got = text(tmp_path, "a.json", '[{"part": "seal", "days": 90}, {"part": "rotor", "days": 30}]')
    assert got == "| part | days |\n| --- | --- |\n| seal | 90 |\n| rotor | 30 |"


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.json", "[" * 200_000 + "]" * 200_000, "damaged"),
        ("a.json", '{"a":' * 200_000 + "1" + "}" * 200_000, "damaged"),
        ("a.json", '{"a": 1', "damaged"),
        ("a.jsonl", '{"a": 1}\n{"b":\n', "damaged"),
        ("a.json", "[{}, [], null, \"\"]", "no_text"),
        ("a.json", '{"a": "' + "\\u0000\\ud800" * 10 + '"}', "no_text"),
    ],
)  # fmt: skip
def test_json_hostile(tmp_path: Path, name: str, data: str, expected: str) -> None:
    assert refusal(tmp_path, name, data) == expected


def test_json_a_long_key_before_many_values_is_bounded(tmp_path: Path) -> None:
    values = ",".join(f'"k{number}": {{"v": 1}}' for number in range(2000))
    assert refusal(tmp_path, "a.json", '{"' + "x" * 50_000 + '": {' + values + "}}") == "too_large"


def test_json_numbers_of_any_length_stay_as_they_are(tmp_path: Path) -> None:
    assert text(tmp_path, "a.json", '{"n": ' + "9" * 6000 + "}").endswith("9" * 6000)


# --- LaTeX ------------------------------------------------------------------------------------------------------------------

TEX = r"""\documentclass{article}\title{Care of \emph{pumps}}\newcommand{\x}{secret}
\begin{document}\maketitle
\section{Pumps and \textbf{seals}}\label{sec:p}
   A pump moves $x^2$ litres~\cite{smith}, see Section~\ref{sec:p}. % a comment
   It costs 5\% more\footnote{Not always.} at Caf\'e ``Blau''.

\begin{itemize}
\item first thing
\item[Oil] second \texttt{thing}
\end{itemize}
\begin{lstlisting}[language=C]
int x = 1; // 5% \section{no}
\end{lstlisting}
\begin{verbatim}
  pump --start % now
\end{verbatim}
\begin{table}\caption{Parts.}\begin{tabular}{l|r}\hline Part & Days \\ \hline seal & 9|0 \\ \cline{1-2} \end{tabular}\end{table}
\begin{equation}E = mc^2\end{equation}
\input{/etc/passwd}\href{http://x.example}{The link} says more.
\end{document} after the end"""


def test_latex(tmp_path: Path) -> None:
    document = only(tmp_path, "a.tex", TEX)
    assert document.title == "Care of pumps"
    assert (
        "## Pumps and seals\n\nA pump moves $x^2$ litres, see Section [sec:p].\nIt costs 5% more at Café “Blau”."
        in document.text
    )
    assert "- first thing\n\n- Oil: second `thing`" in document.text
    assert "```\nint x = 1; // 5% \\section{no}\n```" in document.text
    assert "```\n  pump --start % now\n```" in document.text
    assert "| Part | Days |\n| --- | --- |\n| seal | 9/0 |" in document.text
    assert "E = mc^2" in document.text and "The link says more." in document.text
    for gone in ("comment", "secret", "Not always", "smith", "root:", "after the end", "x.example", "documentclass"):
        assert gone not in document.text, gone


@pytest.mark.parametrize("data", ["{" * 50_000 + "x", r"\begin{a}" * 50_000 + "x"])
def test_latex_that_is_nested_too_deep(tmp_path: Path, data: str) -> None:
    assert refusal(tmp_path, "a.tex", data) == "damaged"


def test_latex_hostile(tmp_path: Path) -> None:
    assert refusal(tmp_path, "a.tex", "x " * 1_100_000) == "too_large"
    assert refusal(tmp_path, "a.tex", GOOD + r" \begin{verbatim}" * 3000) == "damaged"
    (tmp_path / "good.txt").unlink()
    assert text(tmp_path, "b.tex", f"\ue0009\ue001 {GOOD}") == f"9 {GOOD}"


# --- archives -----------------------------------------------------------------------------------------------------------------


def test_zip_each_file_is_a_document(tmp_path: Path) -> None:
    files = {
        "notes/b.md": f"# B\n\n{GOOD}",
        "a.csv": "Part,Days\nseal,90\n",
        "deck.pptx": deck(),
        "pic.png": b"x",
        "same.md": f"# B\n\n{GOOD}",
        "bad.json": "{",
        "inner.zip": zipped({"x.txt": "inside twice"}),
        "packed.txt.gz": b"\x1f\x8b",
        ".hidden.md": "hidden",
        "__MACOSX/notes/._b.md": "junk",
        "notes/.git/c.md": "hidden",
    }
    (tmp_path / "archive.zip").write_bytes(zipped(files))
    found = collect([tmp_path / "archive.zip"])
    kinds = {one.source: one.media_type for one in found.documents}
    assert list(kinds) == ["archive.zip/a.csv", "archive.zip/deck.pptx", "archive.zip/notes/b.md"]
    assert kinds["archive.zip/notes/b.md"] == "text/markdown"
    assert found.documents[1].pages and found.documents[2].title == "B"
    assert {one.source: one.reason for one in found.unread} == {
        "archive.zip/bad.json": "damaged",
        "archive.zip/inner.zip": "nested_archive",
        "archive.zip/packed.txt.gz": "nested_archive",
        "archive.zip/same.md": "same_text",
    }
    assert found.unknown == {".png": 1}


def test_zip_names_cannot_lead_out_of_it(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    names = ["../../up.md", "/etc/abs.md", "C:\\win\\drive.md", "a/./b//c.md", "esc\x1b]0;t\x07\n.md"]
    (inside / "a.zip").write_bytes(zipped({name: f"Words of file {number}." for number, name in enumerate(names)}))
    found = collect([inside / "a.zip"])
    assert {one.source for one in found.documents} == {
        "a.zip/up.md", "a.zip/etc/abs.md", "a.zip/win/drive.md", "a.zip/a/b/c.md", "a.zip/esc?]0;t??.md",
    }  # fmt: skip
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.zip", "in"]


def locked(data: bytes) -> bytes:
    """The archive with the mark of encryption on each file."""
    changed = bytearray(data)
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(signature)
        while at >= 0:
            changed[at + flags] |= 1
            at = changed.find(signature, at + 4)
    return bytes(changed)


def test_zip_locked_bombs_and_lies(tmp_path: Path) -> None:
    assert refusal(tmp_path, "a.zip", locked(zipped({"a.txt": GOOD}))) == "encrypted"
    assert refusal(tmp_path, "a.zip", zipped({"a.txt": bytes(3_000_000)})) == "zip_bomb"
    assert refusal(tmp_path, "a.zip", zipped({"a.txt": GOOD}, zipfile.ZIP_BZIP2)) == "unsupported"
    assert refusal(tmp_path, "a.zip", zipped({f"{number}.png": b"" for number in range(5001)})) == "too_large"
    assert refusal(tmp_path, "a.zip", zipped({})) == "no_text"
    honest = zipped({"a.txt": b"word " * 600_000})
    assert refusal(tmp_path, "a.zip", honest) == "zip_bomb"
    for size, expected in ((10, "damaged"), (0xFFFFFFF0, "zip_bomb")):  # what the directory claims is not believed
        at = honest.find(b"PK\x01\x02")
        lie = honest[: at + 24] + struct.pack("<I", size) + honest[at + 28 :]
        assert refusal(tmp_path, "a.zip", lie) == expected


def test_zip_a_directory_entry_for_the_same_bytes_a_thousand_times(tmp_path: Path) -> None:
    """A directory may name the same bytes again and again; one name is one file."""
    data = b"".join(f"{number:06} words of it \n".encode() for number in range(40_000))
    one = zipped({"a.txt": data})
    at, end = one.find(b"PK\x01\x02"), one.find(b"PK\x05\x06")
    entries = one[at:end] * 1000
    tail = one[end : end + 8] + struct.pack("<HHIIH", 1000, 1000, len(entries), at, 0)
    (tmp_path / "a.zip").write_bytes(one[:at] + entries + tail)
    assert len(collect([tmp_path / "a.zip"]).documents) == 1


def test_zip_stops_when_all_of_it_is_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: None
) -> None:
    monkeypatch.setattr(_archive, "MAX_UNPACKED", 100)
    (tmp_path / "a.zip").write_bytes(zipped({f"{number}.md": f"{GOOD} Number {number}." for number in range(50)}))
    found = collect([tmp_path])
    assert len(found.documents) == 2
    assert [one.reason for one in found.unread] == ["too_large", "too_large"]


def test_zip_a_large_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: None) -> None:
    monkeypatch.setattr(zip_reader, "MAX_BYTES", 100)
    assert refusal(tmp_path, "a.zip", zipped({"a.txt": GOOD * 9})) == "too_large"


# --- all ----------------------------------------------------------------------------------------------------------------------

NEW = "csv tsv xlsx pptx epub rtf odt eml mbox ipynb json jsonl ndjson tex zip"


def test_every_format_has_a_reader_and_a_media_type() -> None:
    for suffix in (f".{name}" for name in NEW.split()):
        module = readers()[suffix]
        assert "/" in module.MEDIA_TYPES[suffix]
        assert callable(getattr(module, "read", None) or module.members)


NOISE = {  # an empty file, one of all bytes, and one of halves of characters
    "csv tsv tex": ("no_text", "binary", "no_text"),
    "eml": ("no_text", "no_text", "no_text"),
    "json jsonl ndjson": ("no_text", "binary", "damaged"),
    "ipynb": ("damaged", "binary", "damaged"),
    "xlsx pptx epub rtf odt mbox zip": ("damaged", "damaged", "damaged"),
}


@pytest.mark.parametrize(("name", "expected"), [(name, why) for names, why in NOISE.items() for name in names.split()])
def test_an_empty_file_and_one_of_noise_are_named(tmp_path: Path, name: str, expected: tuple[str, ...]) -> None:
    assert name in NEW.split()
    for data, reason in zip((b"", bytes(range(256)) * 40, b"\xff\xfe\x00\xd8" * 99), expected, strict=True):
        file = tmp_path / f"a.{name}"
        file.write_bytes(data)
        (tmp_path / "good.txt").write_text(GOOD)
        found = collect([tmp_path])
        assert [one.reason for one in found.unread] == [reason], (found, data[:4])


def test_knowing_the_formats_imports_nothing_heavy() -> None:
    code = (
        "import sys; from agentinstruct_local.readers import readers; assert '.xlsx' in readers(); "
        "print([name for name in ('openpyxl', 'pptx', 'striprtf', 'pylatexenc', 'lxml') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
