"""Records of programs: a dict, such as a line of JSON Lines or a row of a table, to candidates.

Which keys count is said here, and nowhere else. A key counts only if its value is text or a list of texts, since
`output` or `solution` may hold a grid and `task` a whole task. An empty one counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from battnb.load.definitions import parsed, task_in_name
from battnb.load.records.model_text import program_in
from battnb.model import GRIDS, Candidate, writable

ID_KEYS = ("id", "uid", "custom_id", "row_id")
TASK_KEYS = ("task_id", "task", "puzzle_id")
CODE_KEYS = ("source", "code", "program", "solution", "prediction")
TEXT_KEYS = ("response", "completion", "output", "text", "generation", "generated_text")
LIST_KEYS = (
    "responses", "completions", "samples", "programs", "predictions", "solutions", "generations", "outputs"
)  # fmt: skip
CHAT_KEYS = (
    "messages", "response.body.choices", "choices", "message.content", "result.message.content", "response.text",
    "response.content", "content",
)  # fmt: skip
"""Dots lead into a record inside the record."""
ANSWER_KEYS = (*CODE_KEYS, *TEXT_KEYS, *LIST_KEYS, *CHAT_KEYS)
"""Where answers are looked for. The first key that has any counts."""
_OF_CODE = frozenset({*CODE_KEYS, "programs", "predictions", "solutions"})
_SOLVER = re.compile(r"^def (?:solve|verify)_(\w+)", re.MULTILINE)

Record = Mapping[str, Any]


class Reading(NamedTuple):
    """How a caller wants records read.

    task, code, text: the keys of the task's id, of programs and of models' texts; None for the usual ones. Where code
    or text is given, no other key holds answers. prelude: Candidate.prelude.
    """

    task: str | None = None
    code: str | None = None
    text: str | None = None
    prelude: bool = True

    @property
    def answer_keys(self) -> tuple[str, ...]:
        """The keys that may hold answers, first found wins."""
        named = tuple([key for key in (self.code, self.text) if key is not None])
        return named or ANSWER_KEYS

    @property
    def inner_keys(self) -> tuple[str, ...]:
        """The same for records inside records: there the usual keys count too."""
        return tuple(dict.fromkeys((*self.answer_keys, *ANSWER_KEYS)))

    @property
    def task_keys(self) -> tuple[str, ...]:
        return TASK_KEYS if self.task is None else (self.task,)

    def is_code(self, key: str) -> bool:
        return key == self.code or (key != self.text and key in _OF_CODE)


class Answer(NamedTuple):
    """One answer. record: the innermost record that it is in. text: None if it is empty."""

    record: Record
    text: str | None
    is_code: bool = False


class RecordReader:
    """One record, and the candidates in it.

    value: a dict of keys; or a text or a list, which are answers without keys. number: of its line or row, from 1.
    where: the same in words, such as "line 7".
    """

    def __init__(self, value: Record | str | Sequence[Any], number: int, where: str, reading: Reading) -> None:
        self.has_known_key = False
        self._number, self._where, self._reading = number, where, reading
        self._record: Record = value if isinstance(value, Mapping) else {}
        self._used: set[str] = set()
        self._empty: list[str] = []
        found = self._found(self._record, reading.answer_keys) if value is self._record else self._in(value, "")
        self.has_known_key |= bool(found)
        self._answers = found or [Answer(self._record, None)]

    @property
    def keys(self) -> list[str]:
        return list(self._record)

    @property
    def has_answer(self) -> bool:
        return any([answer.text is not None for answer in self._answers])

    def ids(self) -> list[str]:
        """The ids of its candidates, as the record gives them: there may be equal ones."""
        own = _id_at(self._record, ID_KEYS) or _id_at(self._record, self._reading.task_keys) or str(self._number)
        inner = [answer.record is not self._record and _id_at(answer.record, ID_KEYS) for answer in self._answers]
        if len(inner) == 1:
            return [inner[0] or own]
        are_ids = all(inner) and len(set(inner)) == len(inner)
        return [name if name and are_ids else f"{own}#{place}" for place, name in enumerate(inner, 1)]

    def candidate(self, place: int, candidate_id: str) -> Candidate:
        """The candidate of one of its answers."""
        answer = self._answers[place]
        fields = self._record if answer.record is self._record else {**self._record, **answer.record}
        task_id, source = _id_at(fields, self._reading.task_keys), _source_of(answer)
        kept = {key: fields[key] for key, is_kept in _HOW_TO_CALL if is_kept(fields.get(key))}
        used = {_key_of_id(fields, ID_KEYS), _key_of_id(fields, self._reading.task_keys), *kept, *self._used}
        return Candidate(
            id=candidate_id,
            source=writable(source or ""),  # in a text, an escape means the same as half a surrogate pair
            task_id=task_id,
            extra={key: value for key, value in fields.items() if key not in used},
            claims=(task_id,) if task_id is not None else _claims(fields, source or ""),
            prelude=self._reading.prelude,
            unreadable=self._why_none(answer) if source is None else None,
            **kept,
        )

    def _found(self, record: Record, keys: Sequence[str]) -> list[Answer]:
        for key in keys:
            is_there, value = _value_at(record, key)
            answers = self._in(value, key, record) if is_there else None
            if answers is not None:
                self.has_known_key = True
                self._used.add(key.partition(".")[0])
                if answers:
                    return answers
                self._empty.append(key)
        return []

    def _in(self, value: object, key: str, record: Record | None = None) -> list[Answer] | None:
        """The answers in the value of a key: none if it is empty; None if it is of another kind than answers are."""
        items = _items(value)
        found: list[Answer] = []
        for item in items or ():
            if isinstance(item, Mapping):
                found += self._found(item, self._reading.inner_keys) or [Answer(item, None)]
            else:
                found.append(Answer({} if record is None else record, item, self._reading.is_code(key)))
        if any([answer.text is not None for answer in found]):
            return found
        return None if items is None or any([isinstance(item, Mapping) for item in items]) else []

    def _why_none(self, answer: Answer) -> str:
        if answer.text is not None:
            return f"the text of {self._where} holds no program; it begins {answer.text.strip()[:60]!r}"
        if self._empty or len(self._answers) > 1:
            empty = " and ".join(self._empty) or "this one"
            return f"{self._where} has no answer: {empty} {'are' if len(self._empty) > 1 else 'is'} empty"
        return f"{self._where} has no answer: {keys_text(self.keys)}"


def keys_text(keys: Sequence[str]) -> str:
    """Says which keys a record has that could have held an answer."""
    shown = ", ".join([str(key) for key in keys[:12]]) + (", ..." if len(keys) > 12 else "")
    return f"its keys are {shown}; name yours with code=, text= and task=" if keys else "it is empty"


def _source_of(answer: Answer) -> str | None:
    """The program of an answer. Code is taken as it is, unless it is a text with code in it."""
    text = answer.text
    if text is None or (answer.is_code and ("```" not in text or parsed(text))):
        return text
    return program_in(text) or (text if answer.is_code else None)


def _claims(fields: Record, source: str) -> tuple[str, ...]:
    """What may be the id of its task where no key says so: of its functions' names, and its own ids that are text."""
    names = _SOLVER.findall(source)
    for own in [fields[key] for key in ID_KEYS if isinstance(fields.get(key), str)]:
        names += [task_in_name(own) or own, own]
    return tuple(dict.fromkeys(names))


# Values


def _value_at(record: Record, key: str) -> tuple[bool, object]:
    """Is the key there, and what is its value? Dots lead into records inside it."""
    if key in record:
        return True, record[key]
    first, dot, rest = key.partition(".")
    inner = record.get(first) if dot else None
    return _value_at(inner, rest) if isinstance(inner, Mapping) else (False, None)


def _items(value: object) -> list[str | Record | None] | None:
    """A value as answers: texts, None for empty ones, and records. None if it holds something else, such as a grid."""
    if value is None or value != value:
        return []
    if isinstance(value, str):
        return [value] if value.strip() else []
    if not isinstance(value, list | tuple):
        return None
    text = _said(value)
    if text is not None:
        return _items(text)
    if not all([item is None or isinstance(item, str | Mapping) for item in value]):
        return None
    return [item if isinstance(item, Mapping) or (item and item.strip()) else None for item in value]


_TEXT_PARTS = ("text", "output_text")


def _said(parts: Sequence[Any]) -> str | None:
    """The text of a chat, which is what the assistant says last, or of a message in parts; None if it is neither."""
    if not (parts and all([isinstance(part, Mapping) for part in parts])):
        return None
    if all(["role" in part for part in parts]):
        last = next((part.get("content") for part in reversed(parts) if part["role"] == "assistant"), None)
        return (_said(last) or "") if isinstance(last, list | tuple) else str(last or "")
    texts = [str(part.get("text") or "") for part in parts if part.get("type") in _TEXT_PARTS]
    if texts and all([isinstance(part.get("type"), str) for part in parts]):
        return "".join(texts)
    return None


def _id_at(record: Record, keys: Sequence[str]) -> str | None:
    """The first of these keys that holds an id, as text that any file can hold."""
    value = _value_at(record, _key_of_id(record, keys))[1]
    if isinstance(value, str):
        return writable(value)
    return None if value is None else f"{value:.0f}"


def _key_of_id(record: Record, keys: Sequence[str]) -> str:
    return next((key for key in keys if _is_id(_value_at(record, key)[1])), "")


def _is_id(value: object) -> bool:
    """Text or a whole number? Tables make 7.0 of 7 where a column has gaps."""
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1


def _is_entry(value: object) -> bool:
    return isinstance(value, str) and all([part.isidentifier() for part in value.split(".")])


_HOW_TO_CALL = (("entry", _is_entry), ("grids", lambda value: isinstance(value, str) and value in GRIDS))
"""Keys that say how a program is called, and whether a value does say it."""
