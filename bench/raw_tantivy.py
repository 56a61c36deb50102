"""tantivy over the same texts: a search library in Rust, with no database, no access and no editing beside it."""

from __future__ import annotations

import importlib.metadata
from datetime import datetime
from pathlib import Path

import tantivy

from bench.corpus import Asked, Post
from bench.raw import PAGE


class RawTantivy:
    """An index of bodies with their positions; ids and times also as columns, to sort and to narrow by."""

    version = importlib.metadata.version("tantivy")

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        made = tantivy.SchemaBuilder().add_integer_field("id", stored=True, fast=True)
        made = made.add_text_field("account", tokenizer_name="raw", index_option="basic")
        made = made.add_integer_field("at", indexed=True, fast=True)
        self._schema = made.add_text_field("body", stored=True).build()
        self._index = tantivy.Index(self._schema, path=str(folder))
        self._writer = self._index.writer()

    def put(self, batch: list[Post]) -> None:
        for post in batch:
            found = tantivy.Document(id=post.number, account=post.account, at=_number(post.at), body=post.text)
            self._writer.add_document(found)
        self._writer.commit()

    def settle(self) -> None:
        self._writer.wait_merging_threads()
        self._index.reload()

    def ask(self, asked: Asked, limit: int, *, snippets: bool) -> int:
        searcher, query = self._index.searcher(), self._query(asked)
        found = searcher.search(query, PAGE + 1, order_by_field="id")
        generator = tantivy.SnippetGenerator.create(searcher, query, self._schema, "body") if snippets else None
        for _, address in found.hits:
            post = searcher.doc(address)
            _ = post.get_first("body") if generator is None else generator.snippet_from_doc(post).to_html()
        if len(found.hits) <= PAGE:
            return len(found.hits)
        return min(int(found.count), limit)  # type: ignore[attr-defined] # its types leave it out

    def close(self) -> None:
        pass

    def _query(self, asked: Asked) -> tantivy.Query:
        must = [self._words(asked.raw)]
        if asked.account is not None:
            must.append(tantivy.Query.term_query(self._schema, "account", asked.account, index_option="basic"))
        if asked.since is not None and asked.until is not None:
            span = (_number(asked.since), _number(asked.until) - 1)
            must.append(tantivy.Query.range_query(self._schema, "at", tantivy.FieldType.Integer, *span))
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, one) for one in must]) if must[1:] else must[0]

    def _words(self, fts5: str) -> tantivy.Query:
        if fts5.endswith("*"):
            return tantivy.Query.regex_query(self._schema, "body", f"{fts5[:-1]}.*")
        wanted, without, unwanted = fts5.partition(" NOT ")
        return self._index.parse_query(f"+{wanted} -{unwanted}" if without else fts5, ["body"])


def _number(at: datetime) -> int:
    """Microseconds since 1970."""
    return round(at.timestamp() * 1_000_000)
