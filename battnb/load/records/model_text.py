"""The program in a model's text: in a fenced block, between tags, or bare among prose.

Fences follow CommonMark (spec.commonmark.org, "Fenced code blocks"). Where a text keeps to no rule, as when a fence is
closed on a line of code or not at all, the reading under which the block is Python counts.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from battnb.load.definitions import NAMED, NONE, defined_names, entry_rank, missing_names, parsed
from battnb.load.pure import parse_module

MOST_TRIES = 12
"""How many ways to read one block are tried. Each costs a parse."""
MOST_FENCES = 64
"""How many fences after one may close it."""
MOST_RUNS = 64
"""How many runs of bare code are looked at."""


class CodeBlock(NamedTuple):
    """A piece of code in a text. language: the first word after its fence, in lower case; empty if there is none."""

    code: str
    language: str = ""

    @property
    def may_be_python(self) -> bool:
        return not self.language or self.language.startswith(("py", "ipython"))


def program_in(text: str) -> str | None:
    """The program in a model's text: the last block that has an entry point; None if there is no code.

    A block that the program takes names from comes before it. What is in <think> counts only if nothing else does.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    answer = _without_thoughts(text)
    found = _best(answer) if answer.strip() else None
    return found if found is not None or answer == text else _best(_THOUGHT_TAG.sub("\n", text))


def _best(text: str) -> str | None:
    if entry_rank(text) == NAMED:
        return text
    chosen, best = None, -1
    for blocks in (_fenced(text), _tagged(text), bare_blocks(text)):
        found = [block.code for block in blocks if block.may_be_python and block.code.strip()]
        ranks = [entry_rank(code) for code in found]
        if found and max(ranks) > best:
            best = max(ranks)
            chosen = _with_needed(found, max(place for place, rank in enumerate(ranks) if rank == best))
        best = max(best, NONE)  # code without an entry point counts only if it is marked as code by a fence
        if best == NAMED:
            break
    return chosen


def _with_needed(blocks: list[str], place: int) -> str:
    """A block, after those of the earlier ones that define names which it does not."""
    chosen, wanted = [blocks[place]], missing_names(blocks[place]) if place else set()
    for block in reversed(blocks[:place]):
        if wanted & defined_names(block):
            wanted = (wanted - defined_names(block)) | missing_names(block)
            chosen.insert(0, block)
    text = "\n".join(chosen)
    return text if len(chosen) == 1 else _with_futures_first(text)


def _with_futures_first(text: str) -> str:
    lines = text.split("\n")
    futures = [line for line in lines if line.startswith("from __future__ ")]
    return "\n".join([*futures, *[line for line in lines if line not in futures]])


# Thoughts

_NAMES_OF_THOUGHT = "think|thinking|thought|thoughts|reasoning"
_THOUGHT = re.compile(rf"<({_NAMES_OF_THOUGHT})>.*?</\1>", re.DOTALL | re.IGNORECASE)
_THOUGHT_TAG = re.compile(rf"</?(?:{_NAMES_OF_THOUGHT})>", re.IGNORECASE)


def _without_thoughts(text: str) -> str:
    """The text without its thoughts. The prompt may have opened them, and the text may end in them."""
    left = _THOUGHT.sub("\n", text)
    closers = [tag.end() for tag in _THOUGHT_TAG.finditer(left) if tag[0][1] == "/"]
    left = left[closers[-1] :] if closers else left
    opener = _THOUGHT_TAG.search(left)
    return left[: opener.start()] if opener else left


# Fences

_FENCE = re.compile(r"(?P<before>(?:(?!```|~~~).)*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>.*)")
_MARKERS = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?")
_QUOTE = re.compile(r"[ \t]*>[ ]?")


class _Fence(NamedTuple):
    """A line with a fence in it."""

    line: int
    before: str
    fence: str
    info: str

    @property
    def language(self) -> str:
        return "".join(re.findall(r"^\W*(\w*)", self.info)).lower()

    @property
    def can_open(self) -> bool:
        """After prose, as in "Answer: ```", only a fence with Python or nothing after it opens a block."""
        if "`" in self.info and self.fence[0] == "`":
            return False
        return bool(_MARKERS.fullmatch(self.before)) or not self.info or CodeBlock("", self.language).may_be_python

    def is_closed_by(self, other: _Fence) -> bool:
        """By the letter of CommonMark?"""
        return (
            self.is_like(other)
            and not other.info.strip()
            and not other.before.strip(" \t>")
            and (_width(other.before) <= _width(self.before) + 3)
        )

    def may_be_closed_by(self, other: _Fence) -> bool:
        """By a fence on a line of code, one with words after it, or the fence that opens the next block?"""
        return self.is_like(other) or (other.can_open and bool(other.language))

    def is_like(self, other: _Fence) -> bool:
        """Of the same sign, and as long at least?"""
        return other.fence.startswith(self.fence)


def _width(before: str) -> int:
    return len(before.expandtabs(4)) if _MARKERS.fullmatch(before) else 0


def _fenced(text: str) -> Iterator[CodeBlock]:
    lines = text.split("\n")
    fences = [
        _Fence(n, m["before"], m["fence"], m["info"]) for n, line in enumerate(lines) if (m := _FENCE.match(line))
    ]
    if fences:
        first = "\n".join([*lines[: fences[0].line], fences[0].before])
        if entry_rank(first) == NAMED:  # the prompt has opened this block
            yield CodeBlock(first)
            fences = fences if fences[0].language and not fences[0].before else fences[1:]
    while fences:
        opener, *fences = fences
        if not opener.can_open:
            continue
        code, end = _content(lines, opener, fences[:MOST_FENCES])
        if opener.language in ("md", "markdown"):
            yield from _fenced(code)
        else:
            yield CodeBlock(code, opener.language)
        fences = [fence for fence in fences if fence.line > end]


def _content(lines: list[str], opener: _Fence, fences: list[_Fence]) -> tuple[str, int]:
    """The code of a block, and the last line that belongs to it."""
    closer = next((fence for fence in fences if opener.is_closed_by(fence)), None)
    is_python = CodeBlock("", opener.language).may_be_python
    if closer and (not is_python or parsed(_between(lines, opener, closer))):
        return _between(lines, opener, closer), closer.line
    others = [fence for fence in fences if is_python and opener.may_be_closed_by(fence)][:MOST_TRIES]
    for other in others:
        if parsed(code := _between(lines, opener, other)):
            return code, other.line - (not opener.is_like(other))
    closer = next((fence for fence in others if not opener.is_like(fence) or fence.language), closer)
    if closer:  # the code is broken; it ends before the next block
        return _between(lines, opener, closer), closer.line - bool(closer.language)
    code = _between(lines, opener, None)
    return next((block.code for block in bare_blocks(code) if entry_rank(block.code) == NAMED), code), len(lines)


def _between(lines: list[str], opener: _Fence, closer: _Fence | None) -> str:
    """What is between two fences, dedented. Without a closer, what follows the opener."""
    inside = lines[opener.line + 1 : closer.line if closer else None]
    inside += [closer.before] if closer and closer.before.strip(" \t>") else []
    if ">" in opener.before:
        inside = [_QUOTE.sub("", line, count=1) for line in inside]
    width = _width(opener.before)
    inside = [line[min(width, len(line) - len(line.lstrip(" "))) :] for line in inside]
    code = "\n".join([*inside, ""] if closer else inside)
    return code if parsed(code) else textwrap.dedent(code)


# Tags, and no marks at all

_TAGGED = re.compile(
    r"(?:<(?P<tag>code|python|answer|solution|program)\b[^>\n]*>|\[(?P<word>PYTHON|CODE|ANSWER)\])"
    r"(?P<code>.*?)(?:</(?P=tag)>|\[/(?P=word)\]|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_STARTS_CODE = re.compile(
    r"[ \t]*(?:(?:async )?def \w|class \w|import \w|from [\w.]+ import |@\w|exec\(|[A-Za-z_]\w* *(?::[^=\n]+)?=[^=])"
)


def _tagged(text: str) -> Iterator[CodeBlock]:
    for found in _TAGGED.finditer(text):
        yield CodeBlock(textwrap.dedent(found["code"].strip("\n")) + "\n")


def bare_blocks(text: str) -> Iterator[CodeBlock]:
    """The runs of lines that are Python, among prose. One that is broken counts if it defines an entry point."""
    lines, place, runs = text.split("\n"), 0, 0
    while place < len(lines) and runs < MOST_RUNS:
        if not _STARTS_CODE.match(lines[place]):
            place += 1
            continue
        code, length = _run_of_code(lines[place:])
        if entry_rank(code) != NONE or parsed(code):
            yield CodeBlock(code)
        place, runs = place + length, runs + 1


def _run_of_code(lines: list[str]) -> tuple[str, int]:
    """The longest run of Python at the start of some lines, and how many lines it takes.

    Prose begins at the margin. An error anywhere else is the program's own: the code is then all lines, of which those
    count that are indented.
    """
    margin = _indent(lines[0])
    lines = [line[min(margin, _indent(line)) :] for line in lines]
    end = len(lines)
    for _ in range(MOST_TRIES):
        code = "\n".join([*lines[:end], *[""][: len(lines) - end]])
        try:
            module = parse_module(code)
        except SyntaxError as error:
            wrong = (error.lineno or 1) - 1
            if wrong == 0 or wrong >= end or lines[wrong][:1].isspace():
                break
            end = wrong
        except (ValueError, RecursionError, MemoryError):
            break
        else:
            return _without_words(code, module), end
    return "\n".join(lines), next(
        (at for at, line in enumerate(lines) if at and line and not _indent(line)), len(lines)
    )


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _without_words(code: str, module: ast.Module) -> str:
    """Code without what is rather prose at its end: a word alone, or a word, a colon and another word."""
    lines = code.split("\n")
    while module.body and _is_word(module.body[-1]):
        lines = [*lines[: module.body.pop().lineno - 1], ""]
    return "\n".join(lines)


def _is_word(node: ast.stmt) -> bool:
    return (isinstance(node, ast.Expr) and isinstance(node.value, ast.Name)) or (
        isinstance(node, ast.AnnAssign) and node.value is None
    )
