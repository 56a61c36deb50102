"""Databases on a PostgreSQL server: empty, or with the tables of this version."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from archiver import migrate
from archiver.database import Database
from archiver.engines import normal_url
from tests.servers.postgresql import NAMED


class Databases:
    """Makes databases on a server: empty, or with the tables of this version."""

    def __init__(self, url: str) -> None:
        self.url = normal_url(url)
        self._made: list[str] = []

    def new(self, template: str = "template0", encoding: str = "UTF8") -> str:
        """The URL of a new database."""
        name = f"test_{secrets.token_hex(8)}"
        self._create(name, template, encoding)
        self._made.append(name)
        return self._url(name)

    def new_with_tables(self) -> str:
        """The URL of a new database that has all tables and no archive."""
        return self.new(self._template())

    def empty(self, url: str) -> None:
        """Throw away what is in a database, as if it were lost."""
        name = str(make_url(url).database)
        self._drop(name)
        self._create(name, "template0")

    def close(self) -> None:
        """Leave a server that is not ours as it was; ours goes with the session."""
        for name in self._made if NAMED in os.environ else ():
            self._drop(name)

    @contextmanager
    def admin(self) -> Iterator[psycopg.Connection[Any]]:
        plain = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            yield connection

    def _url(self, name: str) -> str:
        return self.url.set(database=name).render_as_string(hide_password=False)

    def _create(self, name: str, template: str, encoding: str = "UTF8") -> None:
        words = [sql.Identifier(name), sql.Identifier(template), sql.Literal(encoding)]
        # As files: a copy through the log takes several times as long.
        plain = " STRATEGY FILE_COPY" + (" LOCALE 'C' LOCALE_PROVIDER libc" if encoding != "UTF8" else "")
        with self.admin() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING {}" + plain).format(*words))

    def _drop(self, name: str) -> None:
        with self.admin() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _template(self) -> str:
        """A database with the tables, made once by whoever is first."""
        name = f"archiver_template_{migrate.head()}"
        with self.admin() as connection:
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                self._create(f"{name}_new", "template0")
                database = Database(self._url(f"{name}_new"))
                migrate.upgrade(database)
                database.close()
                connection.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                        sql.Identifier(f"{name}_new"), sql.Identifier(name)
                    )
                )
        return name
