"""The program in a model's text, as models write it."""

from __future__ import annotations

from typing import Any

import pytest

import battnb as bn
from battnb.load.records.model_text import program_in

F = "```"
G = "def transform(grid):\n    return [r[::-1] for r in grid]\n"
DRAFT = "def transform(grid):\n    return grid\n"
INDENTED = "".join([f"    {line}\n" for line in G.splitlines()])

TEXTS = {
    "a program": G,
    "a block": f"{F}python\n{G}{F}",
    "closed on a code line": f"{F}python\n{G.rstrip()}{F}",
    "closed with words after it": f"{F}python\n{G}{F} That is all.",
    "opened by the prompt and only closed": f"{G}{F}\n",
    "opened by the prompt, closed on a code line, then words": f"{G.rstrip()}{F}\nIt mirrors.",
    "in a list": f"1. Code:\n\n   {F}python\n   def transform(grid):\n       return [r[::-1] for r in grid]\n   {F}\n",
    "in a list, on the line of its marker": f"- {F}python\n  {G.splitlines()[0]}\n  {G.splitlines()[1]}\n  {F}\n",
    "deep in a list": f"1. a\n   - b\n\n     {F}python\n     {G.splitlines()[0]}\n     {G.splitlines()[1]}\n     {F}\n",
    "in a quotation": f"> {F}python\n> {G.splitlines()[0]}\n> {G.splitlines()[1]}\n> {F}\n",
    "an unclosed draft in a thought": f"<think>\n{F}python\n{DRAFT}No.\n</think>\n{F}python\n{G}{F}",
    "a closed draft in a thought": f"<think>\n{F}python\n{DRAFT}{F}\n</think>\n{F}python\n{G}{F}",
    "bare after a thought": f"<think>Mirror.</think>\n{G}",
    "a thought opened by the prompt": f"Mirror:\n{F}python\n{DRAFT}{F}\n</think>\n{G}",
    "a thought that was never closed": f"<think>Mirror.\n{F}python\n{G}{F}",
    "after words on the line": f"Answer: {F}python\n{G}{F}",
    "after words, without a language": f"Answer: {F}\n{G}{F}",
    "a form feed before the fence": f"\f\n{F}python\n{G}{F}",
    "a longer closer": f"{F}python\n{G}`````",
    "a longer opener": f"`````python\n{G}`````",
    "tildes": f"~~~python\n{G}~~~\n",
    "tildes with backticks in the info": f"~~~python `x`\n{G}~~~\n",
    "an info string": f'{F}python title="a.py" {{.numberLines}}\n{G}{F}',
    "pandoc's info string": f"{F}{{.python}}\n{G}{F}",
    "another case": f"{F}Python3\n{G}{F}",
    "a space before the language": f"{F} python\n{G}{F}",
    "without a language": f"{F}\n{G}{F}",
    "never closed": f"{F}python\n{G}",
    "never closed, then words": f"{F}python\n{G}\nThis reverses each row, and it's done.",
    "never closed, then another block": f"{F}python\n{DRAFT}\nBetter:\n{F}python\n{G}{F}",
    "a fence in its docstring": f'{F}python\ndef transform(grid):\n    """\n    {F}\n    x\n    {F}\n    """\n'
    f"    return [r[::-1] for r in grid]\n{F}\n",
    "a fence in its comment": f"{F}python\ndef transform(grid):\n    # {F}\n    return [r[::-1] for r in grid]\n{F}\n",
    "a Markdown block around it": f"````markdown\n{F}python\n{G}{F}\n````",
    "prose then code": f"Each row is mirrored, so it's easy:\n\n{G}",
    "prose, code, prose": f"Each row is mirrored:\n\n{G}\nThis works because the row is reversed.\nDone",
    "prose then indented code": f"Each row is mirrored:\n\n{INDENTED}\nThat is all.",
    "code in pieces among prose": "First:\nimport math\nThen we say\n\n" + G + "\nThat's it (really).",
    "an import that is prose": f"import duties are high.\n{G}",
    "<code>": f"Here: <code>\n{G}</code> Fine.",
    "<code> that was never closed": f"Here: <code>\n{INDENTED}",
    "[PYTHON]": f"[PYTHON]\n{G}[/PYTHON]\n[TESTS]\nassert x is y z\n[/TESTS]",
    "<answer>": f"It is:\n<answer>\n{G}</answer>",
    "the last of several": f"{F}python\n{DRAFT}{F}\nBetter:\n{F}python\n{G}{F}",
    "the last one is not it": f"{F}python\n{G}{F}\n{F}python\nprint(transform([[1, 2]]))\n{F}\n{F}json\n{{}}\n{F}",
    "a helper in an earlier block": f"{F}python\ndef turned(row):\n    return row[::-1]\n{F}\nand\n{F}python\n"
    f"def transform(grid):\n    return [turned(r) for r in grid]\n{F}",
    "a helper's helper, and the future": f"{F}python\nimport math\n{F}\n{F}python\ndef turned(row):\n"
    f"    return row[:: -math.ceil(0.5)]\n{F}\n{F}python\nfrom __future__ import annotations\n"
    f"def transform(grid: Grid):\n    return [turned(r) for r in grid]\n{F}",
    "another language beside it": f"{F}text\ndef transform(grid): no\n{F}\n{F}\n{G}{F}\n{F}json\n{{}}\n{F}",
    "a program that is broken after it": f"{F}python\n{G}{F}\nor\n{F}python\ndef transform(grid):\n    return [\n",
    "an annotated lambda": f"{F}python\np: object = lambda g: [r[::-1] for r in g]\n{F}",
    "a class": f"{F}python\nclass Solver:\n    def solve(self, grid):\n        return [r[::-1] for r in grid]\n{F}\n"
    f"{F}python\nx = 3\n{F}",
}


def solved(source: str) -> Any:
    namespace: dict[str, Any] = {"__name__": "a"}
    exec(source, namespace)
    solver = namespace.get("transform") or namespace.get("p") or namespace["Solver"]().solve
    return solver([[1, 2], [3, 4]])


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("name", TEXTS)
def test_the_program_is_found(name: str, line_end: str) -> None:
    source = program_in(TEXTS[name].replace("\n", line_end))
    assert source is not None
    assert solved(source) == [[2, 1], [4, 3]]


async def test_what_is_found_is_right_in_the_sandbox(mirror_task: bn.Task, pool: bn.Pool) -> None:
    battery = bn.load_battery([{"id": name, "response": text} for name, text in TEXTS.items() if name != "a class"])
    verdicts = await pool.validate(battery.programs, mirror_task)
    assert {verdict.candidate_id: verdict.status for verdict in verdicts if verdict.status != "correct"} == {}


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (
            "```python\ndef solve(I): 1\n```\n```python\ndef solve(I): 2\n```\n```python\nprint(solve(3))\n```",
            "def solve(I): 2\n",
        ),
        ("```python\nx = 1\n```\n```py\ny = 2\n```\n```json\n{}\n```", "y = 2\n"),
        ("```\np=lambda g:g\n```\n```text\ndef p(g): 1\n```", "p=lambda g:g\n"),
        ("```python\ndef transform(grid):\n    return grid", "def transform(grid):\n    return grid"),
        ("~~~python\ndef p(g): 1\n~~~\n", "def p(g): 1\n"),
        ("````python\ns = '''\n```\n'''\ndef p(g): 1\n````", "s = '''\n```\n'''\ndef p(g): 1\n"),
        ("def solve(I): return I", "def solve(I): return I"),
        ("```python\ndef transform(grid)\n    return grid\n```", "def transform(grid)\n    return grid\n"),
        ("def solve(I) return I", "def solve(I) return I"),
    ],
)
def test_the_text_of_a_program_is_kept(response: str, code: str) -> None:
    assert program_in(response) == code


@pytest.mark.parametrize("text", ["", "  \n", "I cannot solve this.", "x = 3 is the width", "<think>Hm", f"{F}{F}\n"])
def test_a_text_without_code_has_no_program(text: str) -> None:
    assert program_in(text) is None


def test_long_texts_are_read_in_time() -> None:
    """Each way to read a block costs a parse, so they are few."""
    assert program_in(f"{F}python\ndef broken(\n" * 300) is not None
    assert program_in("x = (\nprose\n" * 300) is None
    assert program_in("`" * 100_000 + "\n" + "a```b" * 20_000 + f"\n{F}\n{G}{F}") is not None
    assert program_in("<think>" * 300 + G) == "\n" * 300 + G
