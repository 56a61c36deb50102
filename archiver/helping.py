"""What the helping process runs (:mod:`archiver.helper`): questions come in on standard input, answers go out on
standard output, in order. It ends when its input does, so also when the process that started it is killed.

A question is ``u32 length  u8 length of the task's name  name  content``, an answer ``u8 whether it could be had
u32 length  content``.
"""

from __future__ import annotations

import importlib
import os
import struct
from collections.abc import Callable
from typing import BinaryIO, Final

Task = Callable[[bytes], bytes]

ANSWER: Final = struct.Struct(">?I")
_QUESTION: Final = struct.Struct(">IB")
#: Pure functions of bytes, by name: their module, which is loaded when first needed, and their name there. What these
#: modules import decides how long the process takes to be of help (``tests/capture/test_helping_process.py``).
TASKS: Final = {
    "commitment": ("archiver.capture.to_commit", "compute"),
    "terms": ("archiver.search.spelling", "compute"),
}


def question(task: str, content: bytes) -> bytes:
    """A question as it is sent."""
    name = task.encode()
    return b"".join((_QUESTION.pack(len(name) + len(content), len(name)), name, content))


def task_of(name: str) -> Task:
    """The function of that name.

    Raises:
        KeyError: there is none.
    """
    module, function = TASKS[name]
    found: Task = getattr(importlib.import_module(module), function)
    return found


def serve() -> None:
    """Answer until there are no more questions."""
    with os.fdopen(os.dup(0), "rb") as questions, os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)  # nothing a library may print gets between the answers
        answer_all(questions, answers)


def answer_all(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer what comes in. A task that fails says so, and nothing more: whoever asked does it again and sees why."""
    while len(head := questions.read(_QUESTION.size)) == _QUESTION.size:
        size, named = _QUESTION.unpack(head)
        content = questions.read(size)
        if len(content) < size:
            return
        try:
            answer = task_of(content[:named].decode())(content[named:])
            answers.write(ANSWER.pack(True, len(answer)) + answer)
        except Exception:  # noqa: BLE001 - see above
            answers.write(ANSWER.pack(False, 0))
        answers.flush()
