"""Pages that are pictures: rendered by PDFium and read by RapidOCR, whose models lie in its wheel. An extra: `ocr`."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ._pdf_lines import Line
from ._scan import Word, lines_of_words
from .content import Unreadable

MAX_PAGES = 500
"""Pictures of pages that are read of one file."""
INSTALL = "pip install 'agentinstruct-local[ocr]'"

_PACKAGES = ("rapidocr", "onnxruntime", "cv2")
_MODELS = {
    "Det": "PP-OCRv6_det_small.onnx",
    "Rec": "PP-OCRv6_rec_small.onnx",
}
"""Named by their path, since the library would fetch one that it misses."""
_DPI, _SIDE = 200, 2200  # pixels of the longer side at most
_FEW = 25  # characters of a page that may be a stamp on a picture
_SHARE = 0.3  # of a page that a picture of it covers at least
_SURE = 0.85  # that the models are of a page at least; what they make of no writing is below
_DEPTH = 3  # of pictures in forms

before_page: Callable[[], None] = lambda: None  # noqa: E731  # the process that reads puts its clock here


def is_here() -> bool:
    """Whether the extra is installed."""
    return all(importlib.util.find_spec(name) for name in _PACKAGES)


def is_picture(document: Any, number: int, lines: Sequence[Line]) -> bool:
    """Whether a page has hardly any text and a picture that covers much of it."""
    if sum(len(line.text) for line in lines) >= _FEW:
        return False
    import pypdfium2.raw as pdfium

    page = document[number]
    try:
        width, height = page.get_size()
        for picture in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=_DEPTH):
            left, bottom, right, top = picture.get_bounds()
            if (right - left) * (top - bottom) >= _SHARE * width * height:
                return True
    finally:
        page.close()
    return False


def read_pictures(document: Any, numbers: Sequence[int]) -> dict[int, list[Line]]:
    """The lines of these pages, as they are seen. Raises Unreadable: too_large."""
    if len(numbers) > MAX_PAGES:
        raise Unreadable("too_large", f"more than {MAX_PAGES} pages of pictures")
    pages = []
    for number in numbers:
        before_page()
        pages.append(_words(document, number))
    return dict(zip(numbers, lines_of_words(pages), strict=True))


def _words(document: Any, number: int) -> list[Word]:
    """What is seen on a page, its places as if the page stood upright; nothing where the models are not sure."""
    page = document[number]
    try:
        scale = min(_DPI / 72, _SIDE / max(*page.get_size(), 1))
        image = page.render(scale=scale, may_draw_forms=False).to_numpy()
    finally:
        page.close()
    seen = _look(image)
    if seen.tall > len(seen.boxes) / 2:
        image = image.swapaxes(0, 1)[::-1].copy()  # a quarter turn
        seen = _look(image)
    if seen.boxes and seen.sure < _SURE:
        other = image[::-1, ::-1].copy()
        seen = max(seen, _look(other), key=lambda one: one.sure)
    if seen.sure < _SURE:
        return []
    high = len(image) / scale
    return [
        Word(text=text, left=left / scale, right=right / scale, top=high - top / scale, bottom=high - bottom / scale)
        for text, (left, top, right, bottom) in zip(seen.texts, seen.boxes, strict=True)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """Pieces of text on an image, their places in pixels from its upper left corner, and how sure the models are."""

    texts: tuple[str, ...] = ()
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    sure: float = 0.0

    @property
    def tall(self) -> int:
        return sum(bottom - top > right - left for left, top, right, bottom in self.boxes)


def _look(image: Any) -> _Seen:
    found = _reader()(image)
    if found.boxes is None or not found.txts:
        return _Seen()
    letters = sum(map(len, found.txts)) or 1
    return _Seen(
        texts=tuple(found.txts),
        boxes=tuple(_edges(box) for box in found.boxes),
        sure=sum(score * len(text) for score, text in zip(found.scores, found.txts, strict=True)) / letters,
    )


def _edges(corners: Any) -> tuple[float, float, float, float]:
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


@cache
def _reader() -> Any:
    """RapidOCR, each model on one thread: the process that reads may start none.

    The model that turns single lines is left out: it turned upright ones too. Pages are turned as a whole.
    """
    import cv2
    from rapidocr import RapidOCR

    cv2.setNumThreads(1)
    spec = importlib.util.find_spec("rapidocr")
    models = Path(str(spec and spec.origin)).parent / "models"
    missing = [name for name in _MODELS.values() if not (models / name).is_file()]
    if missing:
        raise Unreadable("no_text", f"the models of the OCR extra are not here: {', '.join(missing)}; {INSTALL}")
    settings: dict[str, Any] = {f"{part}.model_path": str(models / name) for part, name in _MODELS.items()}
    for kind in ("intra", "inter"):
        settings[f"EngineConfig.onnxruntime.{kind}_op_num_threads"] = 1
    return RapidOCR(params={"Global.log_level": "critical", "Global.use_cls": False, **settings})
