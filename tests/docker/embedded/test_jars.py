"""Fetching jars: from a repository of the test's own, so that every failure can be had."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from docker.embedded import jar_cache, jar_download, jar_maven, jars
from docker.embedded.jars import JarError

CONTENT = {"one": b"1" * 200_000, "two": b"2" * 300_000}


class Repository(ThreadingHTTPServer):
    """Serves CONTENT; `broken` maps a jar to what happens to its next requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.broken: dict[str, list[str]] = {}
        self.asked: list[tuple[str, str | None]] = []


class Handler(BaseHTTPRequestHandler):
    server: Repository

    def do_GET(self) -> None:
        name = self.path.split("/")[-3]
        ranged = self.headers["Range"]
        self.server.asked.append((name, ranged))
        fault = next(iter(self.server.broken.get(name, [])), "")
        if fault:
            self.server.broken[name].pop(0)
        if fault.isdigit():
            self.send_error(int(fault))
            return
        content = b"x" * 100 if fault == "other" else CONTENT[name]
        start = int(ranged.removeprefix("bytes=").rstrip("-")) if ranged else 0
        self.send_response(206 if ranged else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start : 100_000 if fault == "cut" else None])

    def log_message(self, format: str, *arguments: object) -> None:
        """Tests read the report, not the server's log."""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    server = Repository()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    lines = [
        f"test.group:{name}:1.0 {hashlib.sha256(content).hexdigest()}"
        for name, content in CONTENT.items()
    ]
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "sample.lock").write_text("# comment\n" + "\n".join(lines) + "\n")
    monkeypatch.setattr(jar_cache, "LOCKS", tmp_path / "locks")
    monkeypatch.setattr(jar_download.time, "sleep", lambda seconds: None)
    monkeypatch.setenv("ECOMM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MAVEN_REPO_URL", f"http://127.0.0.1:{server.server_port}/maven2/")
    yield server
    server.shutdown()
    server.server_close()


def contents(paths: list[Path]) -> list[bytes]:
    return [path.read_bytes() for path in paths]


def test_jars_come_in_the_locks_order_and_are_asked_for_once(repository: Repository) -> None:
    paths = jars.fetch(["sample"])["sample"]
    assert [path.name for path in paths] == ["one-1.0.jar", "two-1.0.jar"]
    assert contents(paths) == list(CONTENT.values())
    jars.fetch(["sample"])
    assert sorted(repository.asked) == [("one", None), ("two", None)]


def test_a_jar_changed_on_disk_is_fetched_again(repository: Repository) -> None:
    path = jars.fetch(["sample"])["sample"][0]
    path.write_bytes(b"tampered")
    assert contents(jars.fetch(["sample"])["sample"]) == list(CONTENT.values())


def test_a_cut_download_is_resumed_where_it_stopped(repository: Repository) -> None:
    repository.broken = {"one": ["cut"]}
    assert contents(jars.fetch(["sample"])["sample"]) == list(CONTENT.values())
    resumed = [ranged for name, ranged in repository.asked if name == "one"]
    assert resumed[0] is None
    assert resumed[1].startswith("bytes=")
    assert resumed[1] != "bytes=0-"


def test_passing_failures_are_tried_again(repository: Repository) -> None:
    repository.broken = {"one": ["503", "429", "500"]}
    assert contents(jars.fetch(["sample"])["sample"]) == list(CONTENT.values())


def test_a_wrong_content_never_reaches_the_cache(repository: Repository, tmp_path: Path) -> None:
    repository.broken = {"one": ["other"] * 20}
    with pytest.raises(JarError, match=r"one-1\.0\.jar.*sha256"):
        jars.fetch(["sample"])
    assert not list((tmp_path / "cache").rglob("one-1.0.jar"))


def test_a_refusal_is_not_repeated_and_says_what_to_do(repository: Repository) -> None:
    repository.broken = {"one": ["404"] * 20}
    with pytest.raises(JarError, match="MAVEN_REPO_URL"):
        jars.fetch(["sample"])
    assert [name for name, _ in repository.asked].count("one") == 1


def test_an_unknown_list_names_the_known_ones(repository: Repository) -> None:
    with pytest.raises(JarError, match="called other; the lists are: sample"):
        jars.fetch(["other"])


def test_a_cache_that_cannot_be_written_is_said(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ECOMM_CACHE", str(tmp_path / "file"))
    with pytest.raises(JarError, match="set ECOMM_CACHE"):
        jars.fetch(["sample"])


def test_maven_is_asked_first_and_the_rest_is_downloaded(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for mvn that gives one of the two jars, in the layout that its goal writes."""
    given = tmp_path / "one.jar"
    given.write_bytes(CONTENT["one"])
    mvn = tmp_path / "bin" / "mvn"
    mvn.parent.mkdir()
    mvn.write_text(f"""#!/bin/sh
for argument do case $argument in -DoutputDirectory=*) out=${{argument#*=}};; esac; done
mkdir -p "$out/test/group/one/1.0" && cp {given} "$out/test/group/one/1.0/one-1.0.jar"
exit 1
""")
    mvn.chmod(0o755)
    monkeypatch.setenv("PATH", f"{mvn.parent}:/usr/bin:/bin")
    monkeypatch.setattr(jar_maven, "usable", lambda: True)
    assert contents(jars.fetch(["sample"])["sample"]) == list(CONTENT.values())
    assert repository.asked == [("two", None)]


def test_setting_a_repository_leaves_maven_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAVEN_REPO_URL", "http://mirror.test")
    assert not jar_maven.usable()
    assert jar_download.repository_url() == "http://mirror.test"


def test_without_one_the_repository_is_ivys_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAVEN_REPO_URL", raising=False)
    assert jar_download.repository_url().startswith("https://")
    assert jar_download.repository_url().endswith("/maven2")


@pytest.mark.parametrize("name", ["ecj", "kestra", "s3proxy", "spark"])
def test_the_locks_are_whole(name: str) -> None:
    locked = jar_cache.read_lock(name)
    assert locked
    assert all(len(jar.sha256) == 64 for jar in locked)
    keys = [(jar.group, jar.artifact, jar.classifier) for jar in locked]
    assert len(set(keys)) == len(keys)
