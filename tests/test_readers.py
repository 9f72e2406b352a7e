"""Documents in: every format, every way in which a file can be bad."""

import gzip
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentinstruct_local.errors import SourceError
from agentinstruct_local.readers import _one, collect, content, readers
from agentinstruct_local.readers import html as html_reader

PROSE = "The pump must be serviced every 30 days. The filter is changed twice a year.\n"


def only(path: Path):
    found = collect([path])
    assert len(found.documents) == 1, found
    return found.documents[0]


def reason(folder: Path, name: str) -> str:
    (folder / "good.txt").write_text(PROSE)
    return {one.source: one.reason for one in collect([folder]).unread}[f"{folder.name}/{name}"]


def pdf(pages: list[list[tuple[str, int, int, int]]], extra: bytes = b"", title: str = "") -> bytes:
    """A small PDF: for each page (text, x, y, size)."""
    bodies: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    bodies.append(f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode())
    bodies.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    for number, lines in enumerate(pages):
        draw = b"".join(
            f"BT /F1 {size} Tf {x} {y} Td (".encode() + text.encode("latin-1").replace(b"(", b"\\(") + b") Tj ET\n"
            for text, x, y, size in lines
        )
        head = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {5 + 2 * number} 0 R"
        bodies.append(f"{head} /Resources << /Font << /F1 3 0 R >> >> >>".encode())
        bodies.append(f"<< /Length {len(draw)} >>\nstream\n".encode() + draw + b"\nendstream")
    if title:
        bodies.append(f"<< /Title ({title}) >>".encode())
        extra += f"/Info {len(bodies)} 0 R ".encode()
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(bodies, 1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + body + b"\nendobj\n")
    start = out.tell()
    out.write(f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode())
    out.write(b"".join(f"{place:010} 00000 n \n".encode() for place in places))
    out.write(f"trailer << /Size {len(bodies) + 1} /Root 1 0 R ".encode() + extra + b">>\n")
    out.write(f"startxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()


def manual(count: int = 4) -> bytes:
    words = ["some", "few", "many", "most"]
    return pdf(
        [
            [
                ("Pump manual, release 7", 60, 780, 9),
                (f"{number + 1}. Care of part {number + 1}", 60, 740, 18),
                ("The pump must be looked after with great care and the greatest atten-", 60, 700, 11),
                (f"tion, since it moves {number + 11} litres of hot water in every minute of the day.", 60, 687, 11),
                ("Another paragraph is about the filter, which is made of steel and is", 60, 650, 11),
                ("changed twice a year by the staff.", 60, 637, 11),
                (f"\x95 first of {words[number]} items of a list", 70, 610, 11),
                (f"\x95 the other {words[number]} items of the list", 70, 597, 11),
                (str(number + 1), 300, 30, 9),
            ]
            for number in range(count)
        ]
    )


def test_text_is_normalised(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"\xef\xbb\xbfCafe\xcc\x81 opens\r\nat 7\x00 a.m.\rDaily.\x07")
    assert only(file).text == "Caf\u00e9 opens\nat 7 a.m.\nDaily."


@pytest.mark.parametrize(
    ("encoding", "raw"), [("utf-16", None), ("latin-1", None), ("cp1252", b"It\x92s caf\xe9 time")]
)
def test_other_encodings(tmp_path: Path, encoding: str, raw: bytes | None) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(raw or "It's café time".encode(encoding))
    assert "café time" in only(file).text


def test_html_charset_from_meta() -> None:
    data = "<html><head><meta charset='koi8-r'></head><body><p>Привет, мир</p></body></html>".encode("koi8-r")
    assert "Привет" in content.decode(data, "koi8-r")


def test_html_meta_charset_is_used(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_bytes("<meta charset=koi8-r><p>Привет, мир, насос</p>".encode("koi8-r"))
    assert only(file).text == "Привет, мир, насос"


def test_form_feeds_are_pages(tmp_path: Path) -> None:
    pages = [
        f"Handbook\n\nText of page {word} goes here.\n\n[Page {n}]"
        for n, word in enumerate(["one", "two", "three", "four"], 1)
    ]
    file = tmp_path / "a.txt"
    file.write_text("\f".join(pages))
    document = only(file)
    assert "Handbook" not in document.text and "[Page" not in document.text
    assert len(document.pages) == 4
    assert document.text[document.pages[2] :].startswith("Text of page three")


def test_html_keeps_structure_and_drops_furniture(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_text(
        """<html><head><title>Pump &amp; filter</title><script>alert(1)</script></head><body>
        <nav><a href=a>Home</a><a href=b>Next</a></nav>
        <div class="navheader"><table><tr><td><a href=x>Prev</a></td><td><a href=y>Up</a></td></tr></table></div>
        <h1>Pumps<a class="headerlink" href="#p">¶</a></h1><p>A pump moves <b>water</b> of up to 90_deg * 2.</p>
        <h2>Parts</h2><ul><li>rotor</li><li>seal<ul><li>inner</li></ul></li></ul>
        <table><tr><th>Part</th><th>Days</th></tr><tr><td>seal</td><td>90</td></tr></table>
        <pre>pump --start\n  now</pre><footer>© Pumps Inc.</footer></body></html>"""
    )
    document = only(file)
    assert document.title == "Pump & filter"
    assert "# Pumps\n" in document.text and "## Parts" in document.text
    assert "A pump moves water of up to 90_deg * 2." in document.text
    assert "- rotor\n- seal\n  - inner" in document.text
    assert "| seal | 90 |" in document.text
    assert "```\npump --start\n  now\n```" in document.text
    assert not any(word in document.text for word in ("Home", "Prev", "alert", "¶", "Inc."))


def test_html_a_comment_in_a_listing_is_no_heading() -> None:
    listing = "<p><code># pump --create wells<br>New well: north</code></p>"
    text = html_reader.extract(f"<body><h1>Pumps</h1><p>{PROSE * 9}</p>{listing}<p>{PROSE}</p></body>").text
    assert "```\n# pump --create wells\nNew well: north\n```" in text


def test_html_footnotes_do_not_belong_to_the_last_section() -> None:
    notes = '<dl class="footnote brackets"><dt>1</dt><dd>Oil is dear.</dd></dl>'
    text = html_reader.extract(
        f"<body><h1>Pumps</h1>{PROSE * 9}<h2>Seals</h2><p>{PROSE * 9}</p>{notes}{notes}</body>"
    ).text
    assert text.index("## Footnotes") > text.index("## Seals")
    assert text.count("## Footnotes") == 1


def test_html_small_page_falls_back_to_all_visible_text(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_text("<body><form>Opening hours: 9 to 5, closed on Sunday and on public holidays.</form></body>")
    assert "9 to 5" in only(file).text


def test_html_that_is_too_deep_is_still_read() -> None:
    assert "deep words" in html_reader.extract("<div>" * 5000 + "deep words" + "</div>" * 5000).text


def test_pdf_paragraphs_headings_pages(tmp_path: Path) -> None:
    file = tmp_path / "manual.pdf"
    file.write_bytes(manual())
    document = only(file)
    assert "release 7" not in document.text
    assert "# 2. Care of part 2" in document.text
    assert "the greatest attention, since it moves 12 litres" in document.text
    assert "day.\n\nAnother paragraph" in document.text
    assert "- first of few items of a list\n- the other few items of the list" in document.text
    assert len(document.pages) == 4 and document.text[document.pages[1] :].startswith("# 2. Care")
    assert not any(line.strip().isdigit() for line in document.text.split("\n"))


def test_pdf_big_words_that_are_no_headings(tmp_path: Path) -> None:
    big = ["Care of pumps", "May 3, 2026", "allow-two-primaries yes;", "left right right (alternate)"]
    words = ["water", "oil", "steam", "steel", "glass", "stone", "wood", "paper"]
    lines = [
        [(f"Page of {word} pumps in all", 60, 760, 11), (big[number // 2], 60, 700, 18)]
        + [
            (f"Pump {line} of {word} must be looked after with great care by the staff.", 60, 640 - 13 * line, 11)
            for line in range(8)
        ]
        for number, word in enumerate(words)
    ]
    file = tmp_path / "a.pdf"
    file.write_bytes(pdf(lines))
    text = only(file).text
    assert "# Care of pumps" in text
    assert [word for word in big[1:] if f"# {word}" in text] == []


@pytest.mark.parametrize(
    ("metadata", "lines", "expected"),
    [
        ("", [("Running head", 60, 780, 9), ("Care of", 60, 740, 20), ("hot pumps", 60, 716, 20)], "Care of hot pumps"),
        ("", [("Care of hot pumps", 60, 740, 20), ("Introduction", 60, 690, 20)], "Care of hot pumps"),
        ("", [("A", 60, 740, 40), ("Care of hot pumps", 60, 690, 20)], "Care of hot pumps"),  # a drop cap
        ("", [("one two three four five six seven eight nine ten eleven twelve more", 60, 740, 20)], ""),
        ("", [("As big as the text", 60, 740, 11)], ""),
        ("Pumps", [("Care of hot pumps", 60, 740, 20)], "Pumps"),
        ("Microsoft Word - p7.doc", [("Care of hot pumps", 60, 740, 20)], "Care of hot pumps"),
    ],
)
def test_title_of_a_pdf(tmp_path: Path, metadata: str, lines: list[tuple[str, int, int, int]], expected: str) -> None:
    body = [("The pump must be looked after with great care by the staff of the plant.", 60, 600, 11)]
    file = tmp_path / "p7.pdf"
    file.write_bytes(pdf([lines + body], title=metadata))
    assert only(file).title == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Care of pumps\n\nThey are hot.", "Care of pumps"),
        ("Care of pumps\n=============\nThey are hot.", "Care of pumps"),
        ("Care of pumps\nis hard. It takes time.", ""),
        ("Pumps are hot.\n\nThey are big.", ""),
    ],
)
def test_title_of_a_text(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "a.txt"
    file.write_text(text)
    assert only(file).title == expected


def test_docx_in_document_order(tmp_path: Path) -> None:
    import docx

    made = docx.Document()
    made.core_properties.title = "Leave"
    made.add_heading("Holidays", 1)
    made.add_paragraph("Everyone has 25 days.")
    made.add_paragraph("ask early", style="List Bullet")
    made.add_paragraph("tell the team", style="List Bullet")
    table = made.add_table(rows=2, cols=2)
    for cell, words in zip(
        (cell for row in table.rows for cell in row.cells), ["Grade", "Days", "A", "25"], strict=True
    ):
        cell.text = words
    made.add_paragraph("After the table.")
    file = tmp_path / "a.docx"
    made.save(str(file))
    document = only(file)
    assert document.title == "Leave"
    assert document.text == (
        "# Holidays\n\nEveryone has 25 days.\n\n- ask early\n- tell the team\n\n"
        "| Grade | Days |\n| --- | --- |\n| A | 25 |\n\nAfter the table."
    )


def test_gzip_and_source_code(tmp_path: Path) -> None:
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(PROSE.encode()))
    (tmp_path / "b.py").write_text("# SPDX-License-Identifier: MIT\ndef start():\n\treturn 1\n")
    first, second = collect([tmp_path]).documents
    assert first.text == PROSE.strip() and first.media_type == "text/plain"
    assert second.media_type == "text/x-python" and "\treturn" in second.text
    assert second.licence == "MIT" and second.title == "b.py"


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("empty.txt", b"", "no_text"),
        ("binary.txt", bytes(range(256)) * 40, "binary"),
        ("broken.pdf", b"%PDF-1.4 nonsense", "damaged"),
        ("pictures.pdf", pdf([[], []]), "no_text"),
        ("broken.docx", b"PK\x03\x04 nonsense", "damaged"),
        ("locked.docx", b"\xd0\xcf\x11\xe0" + bytes(600), "encrypted"),
        ("broken.txt.gz", b"\x1f\x8b nonsense", "damaged"),
        ("links.html", b"<ul><li><a href=a>One</a><li><a href=b>Two</a><li><a href=c>Three</a></ul>", "no_text"),
    ],
)
def test_a_bad_file_is_named_and_the_rest_is_read(tmp_path: Path, name: str, data: bytes, expected: str) -> None:
    (tmp_path / name).write_bytes(data)
    assert reason(tmp_path, name) == expected


def test_encrypted_pdf(tmp_path: Path) -> None:
    lock = (
        b"/ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O ("
        + b"o" * 32
        + b") /U ("
        + b"u" * 32
        + b") >> "
    )
    (tmp_path / "locked.pdf").write_bytes(pdf([[("secret", 60, 700, 11)]], lock))
    assert reason(tmp_path, "locked.pdf") == "encrypted"


def test_size_caps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: None) -> None:
    monkeypatch.setattr(content, "MAX_BYTES", 1000)
    (tmp_path / "long.txt").write_text("word " * 400)
    (tmp_path / "bomb.txt.gz").write_bytes(gzip.compress(b"word " * 400))
    assert reason(tmp_path, "long.txt") == "too_large"
    assert reason(tmp_path, "bomb.txt.gz") == "too_large"


def test_more_text_than_a_document_may_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: None) -> None:
    monkeypatch.setattr(_one, "MAX_TEXT", 1999)
    (tmp_path / "long.txt").write_text("word " * 400 + "end")
    (tmp_path / "short.txt").write_text("word " * 300)
    assert reason(tmp_path, "long.txt") == "too_much_text"
    assert f"{tmp_path.name}/short.txt" in [one.source for one in collect([tmp_path]).documents]


def test_walk_is_sorted_skips_hidden_and_counts_unknown(tmp_path: Path) -> None:
    root = tmp_path / "docs"
    (root / "b" / "deep").mkdir(parents=True)
    (root / ".git").mkdir()
    for name, words in {
        "b/deep/z.md": "zz",
        "a.md": "aa",
        "b/c.TXT": "cc",
        ".git/x.md": "xx",
        ".hidden.md": "hh",
    }.items():
        (root / name).write_text(f"Text {words}")
    (root / "pic.png").write_bytes(b"png")
    (root / "README").write_text("no suffix")
    (root / "loop").symlink_to(root, target_is_directory=True)
    (root / "again.md").symlink_to(root / "a.md")
    os.mkfifo(root / "pipe.txt")
    found = collect([root, root / "a.md"])
    assert [document.source for document in found.documents] == ["docs/a.md", "docs/b/c.TXT", "docs/b/deep/z.md"]
    assert found.unknown == {".png": 1, "(none)": 1}
    assert [(one.source, one.reason) for one in found.unread] == [("docs/pipe.txt", "not_a_file")]


def test_a_file_is_called_by_its_name_and_ids_do_not_change(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(PROSE)
    assert only(file).source == "a.txt"
    assert only(file).id == only(file).id
    (tmp_path / "b.txt").write_text(PROSE)
    found = collect([tmp_path])
    assert [(one.source, one.reason) for one in found.unread] == [(f"{tmp_path.name}/b.txt", "same_text")]


def test_nothing_to_read_says_what_was_tried(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as missing:
        collect([tmp_path / "nowhere"])
    assert missing.value.hint
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "b.txt").write_bytes(b"")
    with pytest.raises(SourceError, match=r"1 x unknown suffix \.png.*1 x no_text"):
        collect([tmp_path])


def test_an_unexpected_error_of_a_reader_is_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: None
) -> None:
    (tmp_path / "a.md").write_text("x")

    def fails(data: bytes, name: str) -> None:
        raise KeyError("inside a library")

    monkeypatch.setattr(readers()[".html"], "read", fails)
    (tmp_path / "b.html").write_text("<p>x</p>")
    assert reason(tmp_path, "b.html") == "damaged"


def test_knowing_the_suffixes_imports_nothing_heavy() -> None:
    code = (
        "import sys; from agentinstruct_local.readers import readers; assert '.pdf' in readers(); "
        "print([name for name in ('pypdfium2', 'docx', 'lxml', 'markdownify') if name in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
