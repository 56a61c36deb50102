"""Commands, one module each. Every command gives text for people or, with ``--json``, one JSON value for programs;
every error is one line on standard error and an exit code of :mod:`archiver.errors`."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import typer
from sqlalchemy.exc import DatabaseError

from archiver.cli import output
from archiver.database_failures import failure_of, words_for
from archiver.errors import ArchiverError
from archiver.logs import without_secrets
from archiver.visible import one_line

#: Ended by Ctrl-C, as shells count it: 128 + SIGINT.
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave the process with its exit code."""
    output.prepare()
    code = run(sys.argv[1:] if arguments is None else arguments)
    output.finish()
    raise SystemExit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code. Errors are told on standard error."""
    debug = "--debug" in arguments
    try:
        from archiver.cli.app import command  # late: an unreadable installation is told like any other error

        code = command()(args=list(arguments), prog_name="archiver", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except ArchiverError as error:
        return _tell(str(error), error.exit_code, error, debug)
    except typer.TyperException as error:
        if _wants_a_command(error):
            print(error, file=sys.stderr)
            return 2
        return _tell(_usage_message(error), 2, error, debug)
    except (KeyboardInterrupt, typer.Abort) as error:
        return _tell("interrupted; everything archived so far is kept", INTERRUPTED, error, debug)
    except (BrokenPipeError, SystemExit):  # typer turns the former into the latter, and raises it for nothing else
        _silence_stdout()
        return 0
    except DatabaseError as error:
        return _tell(_database_message(error), 4, error, debug)
    except Exception as error:  # noqa: BLE001 - the last resort: one line, and the traceback on request
        return _tell(
            f"unexpected error ({type(error).__name__}); run again with --debug to see where, and report it",
            1,
            error,
            debug,
        )


def _tell(message: str, code: int, error: BaseException, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    output.complain(one_line(without_secrets(message)))
    return code


def _wants_a_command(error: typer.TyperException) -> bool:
    """Whether a group was called by itself, which is answered with its help."""
    return type(error).__name__ == "NoArgsIsHelpError"


def _usage_message(error: typer.TyperException) -> str:
    formatted = getattr(error, "format_message", None)
    message = str(formatted() if callable(formatted) else error).rstrip(".")
    context = getattr(error, "ctx", None)
    return f"{message}; see `{context.command_path} --help`" if context is not None else message


def _database_message(error: DatabaseError) -> str:
    told = f"the database {words_for(error)}"
    return told if failure_of(error) is not None else f"{told}; run `archiver doctor`"


def _silence_stdout() -> None:
    """Whoever read our output has left; keep the interpreter from complaining when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
