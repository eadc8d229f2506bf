"""Steps: what they are made of, and which earlier steps they need."""

from __future__ import annotations

from battnb.model import Battery, Candidate, Code, DifferMark, Output, Programs, Ref, Step

I = Code("I")  # noqa: E741
LAMBDA = Code("lambda x: f(x, t1, t2)", (("t1", 0), ("t2", 1)))


def test_an_argument_needs_the_step_that_it_is_and_those_that_it_names() -> None:
    assert list(Ref(4).used) == [4]
    assert list(I.used) == []
    assert list(LAMBDA.used) == [0, 1]


def test_a_step_is_its_function_its_arguments_and_the_values_of_its_keywords() -> None:
    assert Step(Code("f"), ()).parts == (Code("f"),)
    assert Step(Ref(2), (I, Ref(0))).parts == (Ref(2), I, Ref(0))
    step = Step(Ref(2), (I, LAMBDA), (("key", Ref(3)), ("other", I)))
    assert step.parts == (Ref(2), I, LAMBDA, Ref(3), I)
    assert step.used == [2, 0, 1, 3]


def test_a_step_that_is_used_twice_is_named_twice() -> None:
    assert Step(Code("f"), (Ref(1), Ref(1))).used == [1, 1]


def test_a_battery_tells_its_candidates_in_order() -> None:
    steps = (Step(Code("f"), (I,)),)
    straight = Battery("b", steps, (Output("2", "x", False, Ref(0)), Output("1", "y", True, I)))
    assert straight.candidate_ids == ["2", "1"]
    assert len(straight) == 2
    assert repr(straight) == "<Battery b: 2 candidates, 1 steps, 0 differs>"
    programs = Battery("p", programs=(Candidate("b", "x"), Candidate("a", "y")))
    assert programs.candidate_ids == ["b", "a"]
    assert Battery("empty").candidate_ids == []


def test_what_is_kept_of_a_battery_is_its_graph_and_the_texts_of_the_rest() -> None:
    steps, outputs = (Step(Code("f"), (I,)),), (Output("1", "x", False, Ref(0)),)
    assert Programs.of(Battery("b", steps, outputs)) == Programs(steps, outputs)
    given = (Candidate("a", "x = 1"), Candidate("b", b"# coding: latin-1\nx = '\xe4'"))
    assert Programs.of(Battery("p", programs=given)).given == (("a", "x = 1"), ("b", "# coding: latin-1\nx = 'ä'"))


def test_a_differ_is_of_the_family_that_its_name_says_or_of_both() -> None:
    iz, zo, both = ("iz",), ("zo",), ("iz", "zo")
    names: dict[str, tuple[str, ...]] = {
        "differ_colors_iz": iz,
        "IZ_colors": iz,
        "zo_colors": zo,
        "Colors_ZO": zo,
        "izo": zo,
        "iz_zo": zo,
    }
    names |= {"zones": both, f"differ_{'0a' * 16}": both, "": both}
    assert {name: DifferMark("1", name, None, I).families for name in names} == names
