"""The stores of production for one archive: a database on PostgreSQL and a bucket of SeaweedFS."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import inspect, text

from archiver.database import Database
from tests.servers.databases import Databases
from tests.servers.seaweedfs import KEYS, SeaweedFS

#: How the store's credentials reach the archive.
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": KEYS[0],
    "AWS_SECRET_ACCESS_KEY": KEYS[1],
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class Stores:
    """Both, empty when they are made."""

    databases: Databases
    url: str
    seaweedfs: SeaweedFS
    bucket: str

    @property
    def settings(self) -> dict[str, Any]:
        """What an archive has to be told."""
        return {
            "database_url": self.url,
            "store_url": f"s3://{self.bucket}",
            "s3_endpoint_url": self.seaweedfs.http,
            "s3_region": "us-east-1",
        }

    def lose_index(self) -> None:
        """Throw the database away, which nobody has open, and make an empty one in its place."""
        self.databases.empty(self.url)

    def everything_kept(self) -> Iterator[tuple[str, bytes]]:
        """Name and content of every row of every table, and of every object, also unpacked."""
        yield from self._rows()
        client = self.seaweedfs.client()
        for page in client.get_paginator("list_object_versions").paginate(Bucket=self.bucket):
            for one in page.get("Versions", ()):
                found = client.get_object(Bucket=self.bucket, Key=one["Key"], VersionId=one["VersionId"])
                content: bytes = found["Body"].read()
                yield one["Key"], content
                if one["Key"].endswith(".gz"):
                    yield one["Key"], gzip.decompress(content)

    def _rows(self) -> Iterator[tuple[str, bytes]]:
        database = Database(self.url)
        with database.read() as connection:
            for table in inspect(connection).get_table_names():
                for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                    for value in row:
                        yield table, bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        database.close()


@contextmanager
def new_stores(databases: Databases, seaweedfs: SeaweedFS) -> Iterator[Stores]:
    """Both for one archive, gone afterwards."""
    with seaweedfs.bucket() as bucket:
        yield Stores(databases, databases.new_with_tables(), seaweedfs, bucket)
