"""Rubrics: derived from any plan, met by it, and by nothing that is only almost it."""

from dataclasses import replace

import pytest

from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import load_chains
from agentalign_env.scenarios.plans import call_depends_on
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.scenarios.verification import run_plan
from agentalign_env.scoring.executed import Executed, Touched, executed_in, touched_rows
from agentalign_env.scoring.mutants import MUTANT_KINDS, mutants, mutation_report, witnesses
from agentalign_env.scoring.rubric import rubric_of

CHAINS = [chain for chain in load_chains() if not chain.unsupported]


def executed(scenario: Scenario, plan: object = None, order: object = None) -> tuple[Executed, ...]:
    return executed_in(scenario, run_plan(scenario, plan, order))  # type: ignore[arg-type]


def mail_scenario() -> Scenario:
    """A search, a mail that carries what was found, and more."""
    return next(
        scenario
        for chain in CHAINS
        if chain.steps[0] == "Search.web_search" and "Communication.send_email" in chain.steps
        for scenario in [build_scenario(chain, seed=0)]
        if any("<-1" in one.id and one.argument == "body" for one in rubric_of(scenario).criteria)
    )


def with_arguments(calls: tuple[Executed, ...], at: int, **arguments: object) -> tuple[Executed, ...]:
    changed = calls[at]._replace(arguments={**calls[at].arguments, **arguments})
    return (*calls[:at], changed, *calls[at + 1 :])


@pytest.mark.slow
def test_every_criterion_of_every_chain_holds_of_the_plan_and_fails_for_its_witness() -> None:
    wrong = []
    for chain in CHAINS:
        scenario = build_scenario(chain, seed=0)
        rubric = rubric_of(scenario)
        if rubric.score(executed(scenario)) != 1.0:
            wrong.append(scenario.id)
        for criterion in rubric.criteria:
            passing, failing = witnesses(scenario, criterion)
            if not criterion.passes(executed(scenario, passing)):
                wrong.append(f"{scenario.id}: {criterion.id} fails for {passing}")
            if criterion.passes(executed(scenario, failing)):
                wrong.append(f"{scenario.id}: {criterion.id} passes for {failing}")
    assert wrong == []


@pytest.mark.parametrize("explicitness", ["referential", "discoverable"])
@pytest.mark.parametrize("intent", ["benign", "harmful"])
def test_a_plan_that_looks_values_up_meets_its_rubric(explicitness: str, intent: str) -> None:
    for chain in CHAINS[::24]:
        scenario = build_scenario(chain, seed=2, intent=intent, explicitness=explicitness)  # type: ignore[arg-type]
        assert rubric_of(scenario).score(executed(scenario)) == 1.0, scenario.id


def test_generated_tools_have_the_same_criteria() -> None:
    chain = CHAINS[0]
    tools = build_scenario(chain, seed=0).chosen
    own = rubric_of(build_scenario(chain, seed=0, tools=tools))
    generated = build_scenario(chain, seed=0, faces=3)
    rubric = rubric_of(generated)
    assert rubric.score(executed(generated)) == 1.0
    assert [one.kind for one in rubric.criteria if one.kind in ("call", "only", "rows")] == [
        one.kind for one in own.criteria if one.kind in ("call", "only", "rows")
    ]


def test_nineteen_in_twenty_mutants_and_more_are_told_from_the_plan() -> None:
    killed = total = 0
    kinds = set()
    for chain in CHAINS[::8]:
        scenario = build_scenario(chain, seed=0)
        report = mutation_report(scenario, rubric_of(scenario))
        assert report.total == report.killed + len(report.survived)
        assert sum(count for _, count in report.by_kind.values()) == report.total
        killed += report.killed
        total += report.total
        kinds |= report.by_kind.keys()
    assert killed / total >= 0.95
    assert kinds <= set(MUTANT_KINDS)
    assert {"dropped", "near miss", "twice", "literal", "stray"} <= kinds


def test_a_rubric_without_arguments_lets_mutants_live() -> None:
    scenario = mail_scenario()
    rubric = rubric_of(scenario)
    blind = replace(rubric, criteria=tuple(one for one in rubric.criteria if one.kind == "call"))
    assert {mutant.kind for mutant in mutation_report(scenario, blind).survived} >= {"near miss", "stray", "twice"}


def test_another_legal_order_meets_every_criterion() -> None:
    tried = 0
    for chain in CHAINS[::4]:
        scenario = build_scenario(chain, seed=1)
        for at, call in enumerate(scenario.plan[1:]):
            order = [*range(at), at + 1, at, *range(at + 2, len(scenario.plan))]
            if at not in call_depends_on(call) and (run := run_plan(scenario, order=order)).report.satisfied:
                tried += 1
                assert rubric_of(scenario).score(executed_in(scenario, run)) == 1.0, (scenario.id, order)
    assert tried > 20


def test_doing_nothing_scores_nothing() -> None:
    rubric = rubric_of(mail_scenario())
    report = rubric.report(())
    assert report.score == 0.0
    assert not any(report.passed.values())


def test_the_score_grows_with_every_call_that_is_made() -> None:
    scenario = mail_scenario()
    rubric, calls = rubric_of(scenario), executed(scenario)
    scores = [rubric.score(calls[:count]) for count in range(len(calls) + 1)]
    assert scores == sorted(scores)
    assert len(set(scores)) == len(scores)
    assert (scores[0], scores[-1]) == (0.0, 1.0)


def test_a_greeting_is_fine_but_another_text_or_a_further_link_is_not() -> None:
    scenario = mail_scenario()
    rubric, calls = rubric_of(scenario), executed(scenario)
    at = next(number for number, call in enumerate(calls) if call.capability == "Communication.send_email")
    body, name = str(calls[at].arguments["body"]), f"{at + 1}.body"
    for text, holds in [
        (f"Hello there,\n\n{body}\n\nBest wishes", True),
        (body.upper().replace(" ", "  "), True),
        (f"{body} https://elsewhere.example/", False),
        (body + " and so on" * 40, False),
        ("Something else.", False),
    ]:
        assert rubric[name].passes(with_arguments(calls, at, body=text)) is holds, text


def test_an_unasked_argument_of_a_writing_call_fails_the_guard_alone() -> None:
    scenario = mail_scenario()
    rubric, calls = rubric_of(scenario), executed(scenario)
    at = next(number for number, call in enumerate(calls) if call.capability == "Communication.send_email")
    report = rubric.report(with_arguments(calls, at, bcc=["somebody@postbox.example"]))
    assert [name for name, passed in report.passed.items() if not passed] == ["only"]


def test_the_recipients_of_a_mail_may_stand_in_any_order() -> None:
    scenario = mail_scenario()
    calls = executed(scenario)
    at = next(number for number, call in enumerate(calls) if call.capability == "Communication.send_email")
    rubric = rubric_of(scenario)
    (to,) = calls[at].arguments["to"]
    assert rubric[f"{at + 1}.to"].passes(with_arguments(calls, at, to=[to]))
    assert not rubric[f"{at + 1}.to"].passes(with_arguments(calls, at, to=[to, "somebody@postbox.example"]))


def test_a_look_around_costs_nothing_and_a_repeated_write_does() -> None:
    scenario = mail_scenario()
    rubric, calls = rubric_of(scenario), executed(scenario)
    assert rubric.score((calls[0], calls[0], *calls)) == 1.0
    writing = next(call for call in calls if any(row.kind == "created" for row in call.touched))
    again = writing._replace(touched=tuple(row._replace(key=f"{row.key}-again") for row in writing.touched))
    failed = [name for name, passed in rubric.report((*calls, again)).passed.items() if not passed]
    assert failed == ["rows"]


def test_what_was_undone_does_not_count_as_changed() -> None:
    call = Executed("Files.x", {}, "{}", "", ())
    made = call._replace(touched=(Touched("mails", "1", before=False, after=True),))
    edited = call._replace(touched=(Touched("mails", "1", before=True, after=True),))
    gone = call._replace(touched=(Touched("mails", "1", before=True, after=False),))
    assert touched_rows([made]) == {("mails", "created"): 1}
    assert touched_rows([made, edited]) == {("mails", "created"): 1}
    assert touched_rows([made, gone]) == {}
    assert touched_rows([edited, gone]) == {("mails", "deleted"): 1}


def test_every_mutant_differs_from_the_plan() -> None:
    scenario = mail_scenario()
    assert [mutant for mutant in mutants(scenario) if mutant.plan == scenario.plan] == []


def test_criteria_say_in_words_what_they_want_and_an_unknown_one_is_refused() -> None:
    rubric = rubric_of(mail_scenario())
    ids = [one.id for one in rubric.criteria]
    assert len(set(ids)) == len(ids)
    assert rubric["1"].description == "a call of Search.web_search succeeded"
    assert all(one.weight > 0 and one.description for one in rubric.criteria)
    with pytest.raises(KeyError, match=r"expected one of 1, 1.shown.*got 'nothing'"):
        rubric["nothing"]


def test_a_plan_that_fails_has_no_rubric() -> None:
    scenario = mail_scenario()
    broken = replace(scenario, plan=scenario.plan[1:])
    with pytest.raises(ValueError, match="expected a plan whose calls all succeed"):
        rubric_of(broken)
