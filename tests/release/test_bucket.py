"""Evidence from a bucket: handed out, certified and checked, whatever somebody with rights on it lays on top."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from archiver.evidence import anchoring, service
from archiver.evidence.anchoring import Stamping
from archiver.operations.verify import verify
from archiver.release.certificate import certify
from archiver.release.forms import Form
from tests.capture.house import House
from tests.release.town import Town, contents, manifest, talk, verified
from tests.servers.seaweedfs import SeaweedFS
from tests.servers.tsa import OPENSSL, Authority, info, nonce_of
from tests.storage.conftest import s3_keys  # noqa: F401


@pytest.fixture
def town(
    seaweedfs: SeaweedFS,
    bucket: str,
    s3_keys: None,  # noqa: F811
    tmp_path: Path,
) -> Iterator[Town]:
    places = {"store_url": f"s3://{bucket}/city", "s3_endpoint_url": seaweedfs.http}
    house = House(tmp_path / "house", settings=places)
    yield talk(house)
    house.close()


def lay_on_top(client: Any, bucket: str) -> set[str]:
    """Of the objects there, every second gets a delete marker, every other another content. Their keys."""
    keys = sorted({one["Key"] for one in client.list_object_versions(Bucket=bucket)["Versions"]})
    for number, key in enumerate(keys):
        if number % 2:
            client.delete_object(Bucket=bucket, Key=key)
        else:
            client.put_object(Bucket=bucket, Key=key, Body=b"not what was stored")
    return {key.removeprefix("city/") for key in keys}


@pytest.mark.skipif(OPENSSL is None, reason="needs the openssl program")
def test_what_is_laid_on_top_is_named_and_neither_read_nor_handed_out(
    town: Town, seaweedfs: SeaweedFS, bucket: str, tmp_path: Path
) -> None:
    archive, authority = town.house.archive, Authority(tmp_path / "tsa")
    signed = service.sign(archive.signed_log)
    assert signed is not None

    def ask(url: str, request: bytes) -> bytes:
        said = info(sha256(signed.note).digest(), archive.clock.now(), nonce_of(request))
        return authority.forge(said, authority.signer)

    stamping = Stamping({"one": "http://one.example"}, [authority.root.certificate], timedelta(hours=1), ask)
    assert anchoring.stamp(archive.signed_log, stamping) == 1
    record = town.record(town.comments[0]).id
    before = town.export(record, whole=True)
    assert verified(before)[1]
    assert certify(archive, before.folder, Form.COPY).pdf.stat().st_size > 1000
    assert verify(archive, parts=1).ok
    assert verify(archive, parts=3).ok

    covered = lay_on_top(seaweedfs.client(), bucket)
    assert {key.partition("/")[0] for key in covered} == {"archive.json", "acts", "segments", "log"}
    town.house.shut()
    town.house.open()
    archive = town.house.archive
    after = town.export(record, whole=True)
    assert verified(after)[1]
    assert manifest(after)["stamps"]
    assert not [name for name, content in contents(after.folder) if b"not what was stored" in content]
    assert certify(archive, after.folder, Form.COPY).pdf.stat().st_size > 1000
    report = verify(archive)
    assert {(one.key, one.code.value) for one in report.findings} == {(key, "stranger") for key in covered}
    assert report.log_problems == []
    assert report.read == report.objects > 0
