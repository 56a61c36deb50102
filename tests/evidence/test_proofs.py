"""Proofs of single nodes: every node can be shown, nothing else is, and no changed proof is accepted."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.errors import NotFound
from archiver.evidence import as_written, commitment
from archiver.evidence.as_written import Raw
from archiver.evidence.proofs import Path, Proof, open_node, prove, verify_proof
from archiver.evidence.tree import InvalidProof
from tests.evidence.strategies import BODIES, CUTS, DIGEST, OBJECTS, SEEDS

SEED = bytes(range(32))
PAGE = json.dumps(
    [{"id": str(n), "content": f"words {n} \ud800", "tags": [{"name": "x"}, []], "count": n} for n in range(5)]
).encode()


def exchange(
    body: bytes, facts: bytes = b'{"status":200,"url":"https://a.example/"}', cuts: Any = ()
) -> dict[str, Any]:
    return commitment.exchange_value(facts, None, DIGEST, body, cuts)


def root_of(value: Any, seed: bytes = SEED) -> str:
    return commitment.written(commitment.commit(value, seed))


def paths_of(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    if isinstance(value, dict):
        for key, member in value.items():
            yield from paths_of(member, (*path, key))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from paths_of(element, (*path, index))


def at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def content_of(shown: Any) -> Any:
    return Raw(shown.raw) if shown.text is None else as_written.parse(shown.text.encode())


def as_sent(proof: Proof) -> Any:
    """As it comes out of a file."""
    return json.loads(json.dumps(proof))


def test_every_node_of_a_page_is_proven_alone() -> None:
    value = exchange(PAGE)
    for path in paths_of(value):
        (shown,) = verify_proof(root_of(value), as_sent(prove(SEED, value, [path])))
        assert shown.path == path
        assert content_of(shown) == at(value, path)
        assert shown.places == tuple(
            (list(at(value, path[:n])).index(part) if isinstance(part, str) else part, len(at(value, path[:n])))
            for n, part in enumerate(path)
        )


@given(SEEDS, OBJECTS, BODIES, CUTS, st.data())
def test_any_choice_of_nodes_is_proven_by_one_proof(
    seed: bytes, facts: str, body: bytes, cuts: list[int], data: st.DataObject
) -> None:
    value = exchange(body, facts.encode(), cuts)
    wanted = data.draw(st.sets(st.sampled_from(list(paths_of(value))), min_size=1, max_size=6))
    shown = verify_proof(root_of(value, seed), as_sent(prove(seed, value, wanted)))
    for one in shown:
        assert content_of(one) == at(value, one.path)
        assert any(one.path[: len(path)] == path for path in wanted)
    for path in wanted:
        assert any(path[: len(one.path)] == one.path or one.path[: len(path)] == path for one in shown)


def test_raw_slices_are_proven_alone_and_together() -> None:
    value = exchange(b"<a><b>1</b><b>2</b></a>", cuts=[3, 11])
    (alone,) = verify_proof(root_of(value), as_sent(prove(SEED, value, [("slices", 1)])))
    assert (alone.raw, alone.text, alone.places) == (b"<b>1</b>", None, ((3, 4), (1, 3)))
    together = verify_proof(root_of(value), as_sent(prove(SEED, value, [("slices",)])))
    assert b"".join(one.raw or b"" for one in together) == b"<a><b>1</b><b>2</b></a>"
    everything = verify_proof(root_of(value), as_sent(prove(SEED, value, [()])))
    assert [one.path[0] for one in everything] == ["facts", "request_sha256", "response_sha256", *["slices"] * 3]


def test_a_run_record_is_proven_too() -> None:
    value = commitment.run_record_value(b'{"outcome":"complete","number":7}')
    (shown,) = verify_proof(root_of(value), as_sent(prove(SEED, value, [("run_record", "number")])))
    assert (shown.text, shown.places) == ("7", ((0, 1), (1, 2)))


@pytest.mark.parametrize(
    "path", [("nothing",), ("body", 5), ("body", -1), ("body", "0"), ("body", True), ("body", 0, "id", 0), (0,)]
)
def test_what_is_not_there_is_not_proven(path: Path) -> None:
    with pytest.raises(NotFound):
        prove(SEED, exchange(PAGE), [path])
    with pytest.raises(NotFound):
        open_node(SEED, exchange(PAGE), path)


def test_a_proof_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        prove(SEED, exchange(PAGE), [])


# --- nothing else is shown -----------------------------------------------------------------------------------------


def every_string(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from every_string(inner)


@given(SEEDS, OBJECTS, BODIES, st.data())
def test_no_seed_outside_what_is_shown_is_in_a_proof_or_follows_from_it(
    seed: bytes, facts: str, body: bytes, data: st.DataObject
) -> None:
    value = exchange(body, facts.encode(), [3, 9])
    wanted = data.draw(st.sets(st.sampled_from(list(paths_of(value))[1:]), min_size=1, max_size=4))
    proof = prove(seed, value, wanted)
    shown = [one.path for one in verify_proof(root_of(value, seed), proof)]
    opened = {open_node(seed, value, (*path, *below)).seed for path in shown for below in paths_of(at(value, path))}
    withheld = {
        open_node(seed, value, path).seed
        for path in paths_of(value)
        if not any(path[: len(one)] == one for one in shown)
    }
    strings = set(every_string(proof))
    given_seeds = {bytes.fromhex(step["seed"]) for step in steps_of(proof["tree"]) if "seed" in step}
    # What follows from the shown seeds is just the seeds of what is shown: seeds only ever lead down.
    assert given_seeds == {open_node(seed, value, path).seed for path in shown}
    assert not withheld & opened
    assert not {one.hex() for one in withheld} & strings


def steps_of(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield step
    for row in step.get("members", step.get("elements", ())):
        yield from steps_of(row[-1])


def test_a_proof_of_one_post_holds_nothing_of_its_siblings() -> None:
    proof = json.dumps(prove(SEED, exchange(PAGE), [("body", 2, "content")]))
    assert "words 2" in proof
    for n in (0, 1, 3, 4):
        assert f"words {n}" not in proof
    for name in ("tags", "url", "status", "a.example"):
        assert name not in proof


def test_equal_hidden_values_cannot_be_told_to_be_equal() -> None:
    value = exchange(b'{"a":[1,1,1,1],"b":[1,1,1,1],"x":0}')
    proof = prove(SEED, value, [("body", "x"), ("body", "a", 0)])
    hashes = [one for one in every_string(proof) if len(one) == 64]
    assert len(set(hashes)) == len(hashes)


# --- nothing changed is accepted -----------------------------------------------------------------------------------


def changes_of(value: Any) -> Iterator[Any]:
    """Every way to change one place of a JSON value a little."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield {name: inner for name, inner in value.items() if name != key}
            for changed in changes_of(member):
                yield value | {key: changed}
        yield value | {"more": 1}
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield value[:index] + value[index + 1 :]
            yield [*value[: index + 1], *value[index:]]
            for changed in changes_of(element):
                yield [*value[:index], changed, *value[index + 1 :]]
        for index in range(len(value) - 1):
            if value[index] != value[index + 1]:
                yield [*value[:index], value[index + 1], value[index], *value[index + 2 :]]
    elif isinstance(value, str):
        yield from _other_texts(value)
    else:
        yield from (value + 1, value - 1, -value - 1, str(value), None, value + 0.0, True)


def _other_texts(text: str) -> Iterator[Any]:
    yield from (text + "0", text + " ", " " + text, text[:-1], text.upper(), None, [text], 0)
    if text:
        yield chr(ord(text[0]) ^ 1) + text[1:]
        yield text[:-1] + chr(ord(text[-1]) ^ 1)


CHANGED = [
    (exchange(PAGE), [("body", 2, "content")]),
    (exchange(PAGE), [("body", 0), ("body", 4, "tags", 1), ("body", 3, "count"), ("facts", "status")]),
    (exchange(b"<a><b>1</b><b>2</b></a>", cuts=[3, 11]), [("slices", 1), ("response_sha256",)]),
    (exchange(b'[[true,false,null,1.0,{},[],""]]'), [("body",)]),
    (exchange(b"{}"), [()]),
    (commitment.run_record_value(b'{"outcome":"complete","number":7}'), [("run_record", "number")]),
]


@pytest.mark.parametrize(("value", "paths"), CHANGED, ids=lambda one: str(one)[:30])
def test_no_changed_proof_is_accepted(value: Any, paths: list[Path]) -> None:
    proof = as_sent(prove(SEED, value, paths))
    before = verify_proof(root_of(value), proof)
    refused = 0
    for changed in changes_of(proof):
        if json.dumps(changed) == json.dumps(proof):
            continue
        with pytest.raises(InvalidProof):
            verify_proof(root_of(value), changed)
        refused += 1
    assert refused > 30
    assert verify_proof(root_of(value), proof) == before


@given(st.data())
def test_no_proof_leads_to_another_commitment(data: st.DataObject) -> None:
    value = exchange(PAGE)
    path = data.draw(st.sampled_from(list(paths_of(value))))
    other = data.draw(SEEDS.filter(lambda one: one != SEED))
    with pytest.raises(InvalidProof):
        verify_proof(root_of(value, other), prove(SEED, value, [path]))
    with pytest.raises(InvalidProof):
        verify_proof(root_of(value).replace("/1", "/2"), prove(SEED, value, [path]))


JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just("ab" * 32)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                ["scheme", "tree", "seed", "json", "raw", "count", "members", "hidden", "elements", "path"]
            ),
            inner,
            max_size=4,
        ),
    ),
)


@given(JUNK)
def test_junk_is_refused_with_one_kind_of_error(junk: Any) -> None:
    for proof in (junk, {"scheme": "cra-tree/1", "tree": junk}):
        with pytest.raises(InvalidProof):
            verify_proof(root_of({}), proof)


def test_a_proof_nested_without_end_is_refused() -> None:
    step: Any = {"seed": "ab" * 32, "json": "1"}
    for _ in range(5000):
        step = {"count": 1, "elements": [[0, step]], "path": []}
    for tree in (step, {"seed": "ab" * 32, "json": "[" * 5000 + "]" * 5000}):
        with pytest.raises(InvalidProof):
            verify_proof(root_of({}), {"scheme": "cra-tree/1", "tree": tree})


@pytest.mark.parametrize(
    "value",
    [
        {"body": {}, "facts": {}, "request_sha256": None, "response_sha256": ""},
        {"facts": {}, "request_sha256": None, "response_sha256": "", "body": {}, "body_sha256": ""},
        {"facts": {}},
        {"run_record": {}, "more": {}},
        [{}, {}, {}, {}],
        {},
        "text",
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_neither_exchange_nor_run_record_is_not_accepted_as_one(value: Any) -> None:
    for path in list(paths_of(value))[:3]:
        with pytest.raises(InvalidProof, match="neither"):
            verify_proof(root_of(value), prove(SEED, value, [path]))


def test_verifying_does_not_change_the_proof() -> None:
    proof = prove(SEED, exchange(PAGE), [("body", 1)])
    before = copy.deepcopy(proof)
    verify_proof(root_of(exchange(PAGE)), proof)
    assert proof == before


def test_the_proof_of_one_of_a_thousand_is_small_and_holds_nothing_of_the_others() -> None:
    comments = [{"id": str(number), "content": f"secret of {number} " * 10, "likes": number} for number in range(1000)]
    records = [[f"status/{number}", f"/{number}"] for number in range(1000)]
    facts = json.dumps({"url": "https://a.example/", "records": records, "v": 1}).encode()
    value = exchange(json.dumps(comments).encode(), facts)
    proof = prove(SEED, value, [("body", 500), ("facts", "url")])
    text = json.dumps(proof)
    assert len(text) < 3_000
    assert "secret of 500 " in text
    assert not [number for number in range(1000) if number != 500 and f"secret of {number} " in text]
    assert "status/" not in text
    shown = {one.path: one for one in verify_proof(root_of(value), proof)}
    assert json.loads(shown["body", 500].text or "") == comments[500]


def test_lone_surrogates_and_nul_are_proven_as_they_are() -> None:
    body = b'[{"a\\u0000\\ud800": "\\udc00\\u0000"}, 1]'
    value = exchange(body)
    (shown,) = verify_proof(root_of(value), json.loads(json.dumps(prove(SEED, value, [("body", 0)]))))
    assert json.loads(shown.text or "") == {"a\0\ud800": "\udc00\0"}
