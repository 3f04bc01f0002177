"""Near-duplicates: found within an intent, verified exactly, the same in every run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentalign_env.errors import EnvArgumentError
from agentalign_env.synthesis.duplicates import Conflict, DuplicateFinder, shape_of, similarity

LONG = (
    "Our choir rehearses on Friday and I look after the notes. Please find the mail with the programme, save what it "
    "says in a file called programme.txt and tell the others that it is there."
)
OTHER = (
    "Could you look up three quiet cafes near the harbour, compare their opening hours and book nothing yet, please?"
)


def found(*texts: tuple[str, str], threshold: float = 0.7):  # type: ignore[no-untyped-def]
    finder = DuplicateFinder(threshold)
    for number, (text, intent) in enumerate(texts):
        finder.add(f"t{number}", text, intent)
    return finder.result()


def test_a_text_with_a_word_changed_joins_the_cluster_of_the_first() -> None:
    changed = LONG.replace("notes", "scores")
    result = found((LONG, "benign"), (OTHER, "benign"), (changed, "benign"))
    (cluster,) = result.clusters
    assert (cluster.representative, cluster.members) == ("t0", (("t2", similarity(LONG, changed)),))
    assert (result.texts, result.exact, result.near) == (3, 0, 1)
    assert 0.7 <= similarity(LONG, changed) < 1


def test_case_marks_and_spaces_do_not_make_a_text_different() -> None:
    result = found((LONG, ""), (LONG.upper().replace(".", " !"), ""))
    assert (result.exact, result.near) == (1, 1)
    assert result.clusters[0].members == (("t1", 1.0),)


def test_texts_that_share_little_are_no_duplicates() -> None:
    result = found((LONG, ""), (OTHER, ""), ("", ""), ("?!", ""), ("Hello", ""))
    assert (result.near, result.clusters) == (0, ())


def test_a_harmful_twin_is_no_duplicate_but_one_text_under_two_intents_is_a_conflict() -> None:
    twin = LONG.replace("Our choir rehearses on Friday", "Our choir rehearses on Monday")
    result = found((LONG, "benign"), (twin, "harmful"))
    assert (result.near, result.conflicts) == (0, ())
    result = found((LONG, "benign"), (LONG, "harmful"))
    assert (result.near, result.conflicts) == (0, (Conflict("t0", ("benign", "harmful")),))


def test_texts_that_differ_in_their_values_alone_share_a_wording() -> None:
    texts = [f"Please send {amount} euros to {name}@post.example." for amount, name in ((40, "mia"), (55, "ben"))]
    result = found(*((text, "benign") for text in texts), (OTHER, "benign"))
    (template,) = result.templates
    assert (result.same_shape, template.first, template.count) == (1, "t0", 2)
    assert template.shape == "please send <Amount> to <EmailAddress>."
    assert shape_of(texts[0]) == shape_of(texts[1])


def test_the_same_texts_give_the_same_result() -> None:
    texts = [(LONG.replace("Friday", day), "") for day in ("Friday", "Monday", "Sunday", "Friday")] + [(OTHER, "")]
    assert found(*texts) == found(*texts)


def test_a_crowd_of_half_similar_texts_is_counted_once_each() -> None:
    words = " ".join(f"w{number}" for number in range(30))
    texts = [(f"{words} {' '.join(f'x{at}n{number}' for at in range(20))}", "") for number in range(200)]
    result = found(*texts, *texts[:3])
    assert (result.texts, result.exact, result.near) == (203, 3, 3)


@pytest.mark.parametrize("threshold", [0.0, 0.39, 1.01, float("nan")])
def test_a_threshold_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(EnvArgumentError, match="threshold: expected a similarity"):
        DuplicateFinder(threshold)


@given(st.lists(st.text(alphabet="ab ,.é\n\ud800", max_size=40), max_size=12))
def test_any_texts_are_placed_and_members_resemble_their_representative(texts: list[str]) -> None:
    result = found(*((text, "") for text in texts))
    by_id = {f"t{number}": text for number, text in enumerate(texts)}
    assert result.texts == len(texts)
    assert result.near == sum(len(cluster.members) for cluster in result.clusters) >= result.exact
    for cluster in result.clusters:
        for member, similar in cluster.members:
            assert similar == similarity(by_id[cluster.representative], by_id[member]) >= 0.7
