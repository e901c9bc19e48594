import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.files import text
from scripts.files.rows import BadFileError
from scripts.files.text import chunks, lines


def written(folder: Path, content: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content)
    return path


@given(content=st.text(alphabet=st.sampled_from("aé€😀\n\r,"), max_size=60), size=st.integers(1, 7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_text_is_whole_wherever_the_pieces_are_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, size: int
) -> None:
    monkeypatch.setattr(text, "CHUNK", size)
    path = written(tmp_path, content.encode())
    assert "".join(chunks(path, zipped=False)) == content
    found = list(lines(chunks(path, zipped=False)))
    assert found == content.splitlines(keepends=True) if "\r" not in content else True
    assert "".join(found) == content


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1024])
def test_bad_encoding_names_the_byte_and_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(text, "CHUNK", size)
    path = written(tmp_path, "naïve\ncafé\n".encode() + b"caf\xe9\n")
    with pytest.raises(BadFileError, match=r"byte 16 \(line 3\) is not UTF-8") as error:
        list(chunks(path, zipped=False))
    assert error.value.line == 3


def test_a_character_cut_off_at_the_end_is_not_utf8(tmp_path: Path) -> None:
    path = written(tmp_path, b"ab\xe2\x82")
    with pytest.raises(BadFileError, match=r"byte 2 \(line 1\)"):
        list(chunks(path, zipped=False))


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffid\ufeff\n".encode())
    assert "".join(chunks(path, zipped=False)) == "id\ufeff\n"


def test_gzip_is_known_by_its_content(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b"id\n1\n"))
    assert "".join(chunks(path, zipped=False)) == "id\n1\n"


@pytest.mark.parametrize("cut", [3, 12, 40, -1])
def test_a_truncated_gzip_is_refused(tmp_path: Path, cut: int) -> None:
    whole = gzip.compress("".join(f"line {n * n}\n" for n in range(500)).encode())
    path = written(tmp_path, whole[:cut])
    with pytest.raises(BadFileError, match="gzip is broken or cut off"):
        list(chunks(path, zipped=True))


def test_plain_text_named_gz_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="not gzip"):
        list(chunks(written(tmp_path, b"id\n"), zipped=True))


def test_an_endless_line_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "CHUNK", 10)
    monkeypatch.setattr(text, "MAX_RECORD", 100)
    path = written(tmp_path, b"x" * 500)
    with pytest.raises(BadFileError, match="longer than 64 MB"):
        list(lines(chunks(path, zipped=False)))
