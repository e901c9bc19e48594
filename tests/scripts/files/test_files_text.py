import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.files import text
from scripts.files.rows import BadFileError
from scripts.files.text import chunks, lines
from scripts.files.unpacked import unpacked


def written(folder: Path, content: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content)
    return path


@given(content=st.text(alphabet=st.sampled_from("aé€😀\n\r,"), max_size=60), size=st.integers(1, 7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_text_is_whole_wherever_the_pieces_are_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, size: int
) -> None:
    monkeypatch.setattr(text, "CHUNK", size)
    path = written(tmp_path, content.encode())
    assert "".join(chunks(path)) == content
    found = list(lines(chunks(path)))
    assert found == content.splitlines(keepends=True) if "\r" not in content else True
    assert "".join(found) == content


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1024])
def test_bad_encoding_names_the_byte_and_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(text, "CHUNK", size)
    path = written(tmp_path, "naïve\ncafé\n".encode() + b"caf\xe9\n")
    with pytest.raises(BadFileError, match=r"byte 16 \(line 3\) is not UTF-8") as error:
        list(chunks(path))
    assert error.value.line == 3


def test_a_character_cut_off_at_the_end_is_not_utf8(tmp_path: Path) -> None:
    path = written(tmp_path, b"ab\xe2\x82")
    with pytest.raises(BadFileError, match=r"byte 2 \(line 1\)"):
        list(chunks(path))


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffid\ufeff\n".encode())
    assert "".join(chunks(path)) == "id\ufeff\n"


def test_gzip_is_known_by_its_content(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b"id\n1\n"))
    assert "".join(chunks(path)) == "id\n1\n"


@pytest.mark.parametrize("cut", [3, 12, 40, -1])
def test_a_truncated_gzip_is_refused(tmp_path: Path, cut: int) -> None:
    whole = gzip.compress("".join(f"line {n * n}\n" for n in range(500)).encode())
    path = written(tmp_path, whole[:cut])
    with pytest.raises(BadFileError, match="gzip is broken or cut off"):
        list(chunks(path, ".gz"))


def test_plain_text_named_gz_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="not gzip"):
        list(chunks(written(tmp_path, b"id\n"), ".gz"))


def test_an_endless_line_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "CHUNK", 10)
    monkeypatch.setattr(text, "MAX_RECORD", 100)
    path = written(tmp_path, b"x" * 500)
    with pytest.raises(BadFileError, match="longer than 64 MB"):
        list(lines(chunks(path)))


ROWS = "".join(f"line {n * n}\n" for n in range(5000)).encode()


def zipped(*names: str, raw: bytes = ROWS) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names or ("a.csv",):
            archive.writestr(name, raw)
    return file.getvalue()


PACKED = {
    ".gz": gzip.compress(ROWS),
    ".zst": zstandard.compress(ROWS[:9000]) + zstandard.compress(ROWS[9000:]),
    ".zip": zipped(
        "folder/", "folder/stock.csv", "__MACOSX/folder/._stock.csv", "folder/.DS_Store"
    ),
}


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("named", [True, False])
def test_archives_are_unpacked(tmp_path: Path, kind: str, named: bool) -> None:
    path = written(tmp_path, PACKED[kind])
    assert "".join(chunks(path, kind if named else None)) == ROWS.decode()


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_archives_that_are_cut_off_are_refused(tmp_path: Path, kind: str, share: float) -> None:
    path = written(tmp_path, PACKED[kind][: int(len(PACKED[kind]) * share)])
    with pytest.raises(BadFileError, match="broken or cut off: upload it again"):
        list(chunks(path, kind))


@pytest.mark.parametrize("kind", PACKED)
def test_what_unpacks_to_much_is_read_piece_by_piece(tmp_path: Path, kind: str) -> None:
    """Of Zstandard 64 KB that hold 2 GB took 6 GB of memory at once."""
    much = bytes(100 * 1024 * 1024)
    pack = {".gz": gzip.compress, ".zst": zstandard.compress, ".zip": lambda raw: zipped(raw=raw)}
    with unpacked(written(tmp_path, pack[kind](much)), kind) as file:
        sizes = [len(piece) for piece in iter(lambda: file.read(1024 * 1024), b"")]
    assert sum(sizes) == len(much)
    assert max(sizes) <= 34 * 1024 * 1024


@pytest.mark.parametrize("kind", PACKED)
def test_a_name_that_lies_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(BadFileError, match=f"named {kind} but is not"):
        list(chunks(written(tmp_path, ROWS), kind))


@pytest.mark.parametrize("inner", PACKED)
@pytest.mark.parametrize("pack", [gzip.compress, lambda raw: zipped(raw=raw)])
def test_what_is_packed_twice_is_said(
    tmp_path: Path, inner: str, pack: Callable[[bytes], bytes]
) -> None:
    """It was said to be no UTF-8."""
    with pytest.raises(BadFileError, match="it is packed twice: pack it once"):
        list(chunks(written(tmp_path, pack(PACKED[inner]))))


@pytest.mark.parametrize("names", [(), ("a.csv", "b.csv")])
def test_a_zip_must_hold_one_file(tmp_path: Path, names: tuple[str, ...]) -> None:
    content = zipped(*names) if names else zipped("folder/")
    with pytest.raises(BadFileError, match=f"its zip holds {len(names)} files"):
        list(chunks(written(tmp_path, content), ".zip"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le"])
def test_utf16_is_known_by_its_mark(tmp_path: Path, encoding: str) -> None:
    mark = "" if encoding == "utf-16" else "\ufeff"
    path = written(tmp_path, f"{mark}naïve 😀\n".encode(encoding))
    assert "".join(chunks(path)) == "naïve 😀\n"


@pytest.mark.parametrize("size", [1, 3, 1024])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_utf16_without_its_mark_and_utf32_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, size: int
) -> None:
    """It was said that all columns are missing."""
    monkeypatch.setattr(text, "CHUNK", size)
    path = written(tmp_path, "naïve 😀\n".encode(encoding))
    assert "".join(chunks(path)) == "naïve 😀\n"


def test_an_encoding_that_is_named_is_used(tmp_path: Path) -> None:
    path = written(tmp_path, "Škoda café\n".encode("windows-1252"))
    assert "".join(chunks(path, encoding="windows-1252")) == "Škoda café\n"
    with pytest.raises(BadFileError, match="is not ASCII"):
        list(chunks(path, encoding="ascii"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_named_encoding_that_lacks_its_mark_is_refused(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, "a,b\n".encode(f"{encoding}-le"))
    with pytest.raises(BadFileError, match=f"say {encoding}-le or {encoding}-be"):
        list(chunks(path, encoding=encoding))


def zip_with(header: int, directory: int, value: int) -> bytes:
    """A zip of one file, with a byte changed in the file's header and its entry."""
    found = bytearray(zipped("stock.csv"))
    found[found.find(b"PK\x03\x04") + header] = value
    found[found.find(b"PK\x01\x02") + directory] = value
    return bytes(found)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (zip_with(6, 8, 0x1), "asks for a password"),
        (zip_with(8, 10, 9), "packed in a way that cannot be read"),  # Deflate64
        (zip_with(6, 8, 0x40), "packed in a way that cannot be read"),
        (zip_with(4, 6, 200), "packed in a way that cannot be read"),
    ],
    ids=["encrypted", "deflate64", "strongly encrypted", "of the future"],
)
def test_a_zip_that_cannot_be_opened_is_refused(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    with pytest.raises(BadFileError, match=reason):
        list(chunks(written(tmp_path, content), ".zip"))
