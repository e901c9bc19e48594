"""Files arrive whole, in one request or in parts."""

from pathlib import Path

import pytest
from hostile import Answer, hostile

from scripts.errors import FatalError, RetriableError
from scripts.landing.owner import check_owner
from scripts.landing.store import LostRaceError, Store
from scripts.settings import S3


@pytest.mark.parametrize("one_request", [10, 10_000])
def test_a_file_arrives_whole(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_request: int
) -> None:
    monkeypatch.setattr("scripts.landing.store.ONE_REQUEST_BYTES", one_request)
    path = tmp_path / "part"
    path.write_bytes(b"line\n" * 200)
    store.upload(path, "landing/part")
    assert store.read("landing/part") == path.read_bytes()


def refusal(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()


DOCUMENT: dict[str, object] = {"run_id": "20260301T000000Z-1"}
LOST = Answer(refusal("InternalError"), 500)
THERE = Answer(refusal("PreconditionFailed"), 412)


@pytest.mark.usefixtures("s3_environment", "no_waiting")
def test_an_object_of_ours_whose_answer_got_lost_is_ours() -> None:
    """The repetition meets what the first attempt has written."""
    with hostile(LOST, THERE, Answer(DOCUMENT)) as s3:
        Store(S3("bucket", s3.url, "us-east-1")).create("state/1.json", DOCUMENT)
        assert [line.split()[0] for line, _ in s3.asked] == ["PUT", "PUT", "GET"]
    for answers in ([LOST, THERE, Answer({"run_id": "another"})], [THERE]):
        with hostile(*answers) as s3, pytest.raises(LostRaceError):
            Store(S3("bucket", s3.url, "us-east-1")).create("state/1.json", DOCUMENT)


@pytest.mark.usefixtures("s3_environment", "no_waiting")
@pytest.mark.parametrize("code", ["RequestTimeout", "IncompleteBody", "BadDigest"])
def test_an_upload_that_was_too_slow_or_broken_may_be_tried_again(code: str) -> None:
    with hostile(Answer(refusal(code), 400)) as s3, pytest.raises(RetriableError):
        Store(S3("bucket", s3.url, "us-east-1")).create("state/1.json", DOCUMENT)


@pytest.mark.usefixtures("s3_environment", "no_waiting")
def test_an_upload_whose_end_was_asked_for_twice_may_be_tried_again(tmp_path: Path) -> None:
    """Its answer was a 500, and then there was no such upload any more."""
    path = tmp_path / "part"
    path.write_bytes(bytes(9_000_000))
    begun = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
    part = Answer(b"", 200, {"ETag": '"e"'})
    ends = (Answer(refusal("InternalError"), 500), Answer(refusal("NoSuchUpload"), 404))
    with hostile(Answer(begun), part, part, *ends) as s3, pytest.raises(RetriableError):
        Store(S3("bucket", s3.url, "us-east-1")).upload(path, "landing/part")


@pytest.mark.usefixtures("s3_environment")
def test_a_list_that_does_not_say_how_it_goes_on_is_not_its_end() -> None:
    """Servers that know the old list only: with what is beyond, the newest state would be gone."""
    page = b"<Contents><Key>a</Key></Contents><IsTruncated>true</IsTruncated>"
    with (
        hostile(Answer(b"<ListBucketResult>" + page + b"</ListBucketResult>")) as s3,
        pytest.raises(RetriableError, match="does not say 'NextContinuationToken'"),
    ):
        list(Store(S3("bucket", s3.url, "us-east-1")).list("a"))


@pytest.mark.usefixtures("s3_environment")
def test_a_deletion_that_s3_refuses_is_told() -> None:
    """The answer as a whole is 200."""
    error = b"<Error><Key>landing/part</Key><Code>AccessDenied</Code></Error>"
    with (
        hostile(Answer(b"<DeleteResult>" + error + b"</DeleteResult>")) as s3,
        pytest.raises(RetriableError, match=r"did not delete .*/part \(AccessDenied"),
    ):
        Store(S3("bucket", s3.url, "us-east-1")).delete(["landing/part"])


@pytest.mark.usefixtures("s3_environment", "no_waiting")
def test_a_server_without_conditional_writes_is_not_waited_for() -> None:
    """Some answer so to If-None-Match, and always will."""
    with (
        hostile(Answer(refusal("NotImplemented"), 501)) as s3,
        pytest.raises(FatalError, match="creates objects with If-None-Match"),
    ):
        Store(S3("bucket", s3.url, "us-east-1")).create("state/1.json", DOCUMENT)


@pytest.mark.parametrize("large", [True, False])
@pytest.mark.usefixtures("s3_environment", "no_waiting")
def test_a_proxy_s_page_is_no_bucket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    """It passed for an empty bucket, and for a manifest that was written."""
    if large:
        monkeypatch.setattr("scripts.landing.store.ONE_REQUEST_BYTES", 1)
    path = tmp_path / "part"
    path.write_bytes(b"line\n")
    with hostile(Answer(b"<html>sign in</html>")) as proxy:
        store = Store(S3("bucket", proxy.url, "us-east-1"))
        for call in (
            lambda: store.create("state/1.json", DOCUMENT),
            lambda: store.upload(path, "landing/part"),
            lambda: list(store.list("state/")),
            lambda: list(store.etags("dropzone/")),
        ):
            with pytest.raises(RetriableError, match="is no S3, it does not say '"):
                call()
        with pytest.raises(FatalError, match=r"_owner\.json is no JSON"):
            check_owner(store, "stripe", "acct_1", "acct_1")
