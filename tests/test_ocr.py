"""Scanned pages: read where the extra `ocr` is installed, refused with what to type where it is not."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pypdfium2
import pytest

from agentinstruct_local.readers import _ocr, _sandbox, collect, pdf
from agentinstruct_local.readers._scan import Word, lines_of_words
from agentinstruct_local.readers.content import Unreadable

extra = pytest.mark.skipif(not _ocr.is_here(), reason=f"the extra is not installed; type: {_ocr.INSTALL}")
FACTS = [f"The pump number {number} must be serviced every {number + 20} days." for number in range(8)]


def picture(lines: list[str], size: int = 30, big: int = 0) -> object:
    from PIL import Image, ImageDraw, ImageFont

    page = Image.new("RGB", (1240, 1754), "white")
    draw, at = ImageDraw.Draw(page), 120
    for number, line in enumerate(lines):
        points = big if big and not number else size
        draw.text((110, at), line, fill="black", font=ImageFont.load_default(points))
        at += round(1.5 * points)
    return page


def scanned(*pages: object) -> bytes:
    out = io.BytesIO()
    pages[0].save(out, "PDF", resolution=150, save_all=True, append_images=pages[1:])
    return out.getvalue()


def refusal(folder: Path, data: bytes) -> tuple[str, str]:
    (folder / "scan.pdf").write_bytes(data)
    (folder / "z.txt").write_text("Words that can be read.")
    found = collect([folder])
    assert [one.text for one in found.documents] == ["Words that can be read."]
    return found.unread[0].reason, found.unread[0].detail


def test_without_the_extra_the_refusal_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ocr, "is_here", lambda: False)
    with pytest.raises(Unreadable) as refused:
        pdf.read(scanned(picture(FACTS), picture(FACTS)), "scan.pdf")
    assert refused.value.reason == "no_text"
    assert refused.value.detail == "2 pages are pictures; to have them read: pip install 'agentinstruct-local[ocr]'"


@pytest.mark.skipif(_ocr.is_here(), reason="the extra is installed")
def test_without_the_extra_the_next_file_is_read(tmp_path: Path) -> None:
    reason, detail = refusal(tmp_path, scanned(picture(FACTS)))
    assert (reason, detail.endswith(_ocr.INSTALL)) == ("no_text", True)


def test_a_page_without_pictures_needs_no_extra() -> None:
    empty = pypdfium2.PdfDocument.new()
    empty.new_page(300, 300)
    out = io.BytesIO()
    empty.save(out)
    with pytest.raises(Unreadable) as refused:
        pdf.read(out.getvalue(), "empty.pdf")
    assert (refused.value.reason, refused.value.detail) == ("no_text", "1 pages without text")


def test_too_many_pictures_are_refused_before_the_first_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ocr, "is_here", lambda: True)
    monkeypatch.setattr(_ocr, "MAX_PAGES", 1)
    monkeypatch.setattr(_ocr, "_words", lambda *_: pytest.fail("a page was read"))
    with pytest.raises(Unreadable) as refused:
        pdf.read(scanned(picture(FACTS), picture(FACTS)), "scan.pdf")
    assert refused.value.reason == "too_large"


# --- the time of a page -------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")
@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("import time\nfor _ in range(4): _ocr.before_page(); time.sleep(0.8)", ""),  # 3.2 s, each page less than 2 s
        ("import time\n_ocr.before_page(); time.sleep(60)", "too_slow"),
        ("_ocr.before_page()\nwhile True: pass", "too_slow"),
        ("while True: _ocr.before_page()", "reader_crashed"),
    ],
)
def test_each_page_has_a_time_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, expected: str
) -> None:
    monkeypatch.setattr(_sandbox, "ENTRY", "hostile_child")
    monkeypatch.setattr(_sandbox, "SECONDS", 2)
    monkeypatch.setattr(_sandbox, "PAGE_SECONDS", 2)
    (tmp_path / "a.rtf").write_text(f"from agentinstruct_local.readers import _ocr\n{program}")
    (tmp_path / "z.txt").write_text("Words that can be read.")
    found = collect([tmp_path])
    assert [one.reason for one in found.unread] == ([expected] if expected else [])
    assert "Words that can be read." in [one.text for one in found.documents]


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")
def test_each_page_has_processor_time_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sandbox, "ENTRY", "hostile_child")
    monkeypatch.setattr(_sandbox, "SECONDS", 1)
    program = (
        "import time\nfrom agentinstruct_local.readers import _ocr\n_ocr.before_page()\n"
        "while time.process_time() < 5: pass"
    )
    (tmp_path / "a.rtf").write_text(program)
    assert [one.text for one in collect([tmp_path]).documents] == ["it was let through"]


# --- the order of what was seen -----------------------------------------------------------------------------------------


def word(text: str, left: float, top: float, right: float = 0, height: float = 10) -> Word:
    return Word(text=text, left=left, right=right or left + 6 * len(text), top=top, bottom=top - height)


def texts(*words: Word) -> list[str]:
    return [line.text for line in lines_of_words([words])[0]]


def test_rows_go_from_the_top_and_pieces_from_the_left() -> None:
    assert texts(word("third", 0, 60), word("two", 30, 80.5), word("one", 0, 80), word("head", 0, 100)) == [
        "head",
        "one two",
        "third",
    ]


def test_a_table_is_read_by_rows_and_its_columns_stay_apart() -> None:
    cells = [word(f"part {n}", 0, 100 - 15 * n) for n in range(5)] + [word(f"{n}", 200, 100 - 15 * n) for n in range(5)]
    assert texts(*cells) == [f"part {n}   {n}" for n in range(5)]
    assert all(line.wide for line in lines_of_words([cells])[0])


def test_two_columns_of_text_are_read_one_after_the_other() -> None:
    left = [word(f"left {n}", 0, 200 - 15 * n, right=190) for n in range(5)]
    right = [word(f"right {n}", 210, 200 - 15 * n, right=400) for n in range(5)]
    over = [word("a heading over both of them", 0, 230, right=400)]
    assert texts(*right, *left, *over) == [
        "a heading over both of them",
        *(f"left {n}" for n in range(5)),
        *(f"right {n}" for n in range(5)),
    ]


def test_boxes_of_nearly_one_height_have_one_size_and_a_heading_has_its_own() -> None:
    words = [word("Heading", 0, 100, height=20), *(word("text", 0, 70 - 15 * n, height=9 + n % 3) for n in range(6))]
    sizes = [line.size for line in lines_of_words([words])[0]]
    assert len(set(sizes[1:])) == 1
    assert sizes[0] == 2 * sizes[1]
    assert lines_of_words([[]]) == [[]]


# --- with the extra -----------------------------------------------------------------------------------------------------


@extra
def test_scanned_pages_are_read_in_the_limited_process(tmp_path: Path) -> None:
    pages = picture(["Care of pumps", *FACTS[:6]], big=60), picture(FACTS[6:])
    (tmp_path / "scan.pdf").write_bytes(scanned(*pages))
    found = collect([tmp_path])
    assert found.unread == ()
    document = found.documents[0]
    flat = " ".join(document.text.split())
    assert all(fact in flat for fact in FACTS), document.text
    assert document.text.startswith("# Care of pumps")
    assert document.title == "Care of pumps"
    assert len(document.pages) == 2
    assert FACTS[6] in " ".join(document.text[document.pages[1] :].split())


@extra
def test_a_page_of_text_and_a_scanned_one_in_one_file(tmp_path: Path) -> None:
    from test_readers import pdf as pdf_of

    both = pypdfium2.PdfDocument(pdf_of([[("A page with a layer of text, which is taken as it stands.", 70, 700, 11)]]))
    both.import_pages(pypdfium2.PdfDocument(scanned(picture(FACTS[:1]))))
    out = io.BytesIO()
    both.save(out)
    (tmp_path / "both.pdf").write_bytes(out.getvalue())
    text = " ".join(collect([tmp_path]).documents[0].text.split())
    assert "a layer of text" in text
    assert FACTS[0] in text


@extra
def test_a_picture_without_words_is_no_text(tmp_path: Path) -> None:
    reason, detail = refusal(tmp_path, scanned(picture([])))
    assert reason == "no_text"
    assert "hardly a word" in detail


@extra
@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_that_was_scanned_the_wrong_way_round(tmp_path: Path, turn: int) -> None:
    (tmp_path / "scan.pdf").write_bytes(scanned(picture(FACTS[:4]).rotate(turn, expand=True)))
    text = " ".join(collect([tmp_path]).documents[0].text.split())
    assert text == " ".join(FACTS[:4])


@extra
def test_the_engine_has_no_collector_of_telemetry() -> None:
    """Later versions of onnxruntime look up a collector's name as soon as they are loaded."""
    import onnxruntime

    libraries = list(Path(onnxruntime.__file__).parent.rglob("*.so*"))
    assert libraries
    for library in libraries:
        data = library.read_bytes()
        assert not [name for name in (b"OneCollector", b"events.data.microsoft.com") if name in data], library


@extra
def test_a_missing_model_is_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ocr, "_MODELS", {"Det": "none.onnx"})
    _ocr._reader.cache_clear()
    with pytest.raises(Unreadable, match=r"none\.onnx"):
        _ocr._reader()
