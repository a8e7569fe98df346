"""A score hash is RFC 8785's form of model, ratings and exact result, and nothing else."""

from dataclasses import replace

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from services.assessment.domain.canonical import canonical
from services.assessment.domain.faults import Text
from services.assessment.domain.model import Model
from services.assessment.domain.ratings import NotApplicable, Rating
from services.assessment.domain.scoring import score
from services.assessment.domain.seal import score_hash
from tests.domain.assessment.plain_scorer import CELLS

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)
V1_LIKE: dict[str, Rating] = {cell: 1 + n % 4 for n, cell in enumerate(CELLS)}


@given(PLAIN)
def test_the_canonical_form_is_that_of_rfc_8785(plain: object) -> None:
    assert canonical(plain) == rfc8785.dumps(plain)  # type: ignore[arg-type]


def test_a_score_hash_stays_what_it_was(see_cmm: Model) -> None:
    known = replace(see_cmm, hash="sha256:" + "0" * 64)

    assert score_hash(score(known, V1_LIKE)) == (
        "sha256:1e86c22ba0723af8088987135b4d01d1d789ea9cc43b08808e355fd16dc40ff4"
    )


def test_order_names_and_texts_do_not_change_a_score_hash(see_cmm: Model) -> None:
    renamed = replace(see_cmm, version=9, title=Text("另一名称", "Another name"))
    backwards = dict(reversed(V1_LIKE.items()))

    assert score_hash(score(renamed, backwards)) == score_hash(score(see_cmm, V1_LIKE))


def test_ratings_reasons_and_model_content_change_a_score_hash(see_cmm: Model) -> None:
    cell = CELLS[0]
    rated: list[dict[str, Rating]] = [
        V1_LIKE,
        {**V1_LIKE, cell: 4},
        {**V1_LIKE, cell: NotApplicable("outsourced")},
        {**V1_LIKE, cell: NotApplicable("no such work")},
        {c: level for c, level in V1_LIKE.items() if c != cell},
    ]
    hashes = {score_hash(score(see_cmm, each)) for each in rated}
    hashes.add(score_hash(score(replace(see_cmm, hash="sha256:" + "1" * 64), V1_LIKE)))

    assert len(hashes) == 6
