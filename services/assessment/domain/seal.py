"""A score hash binds a score to its model and its ratings, so that sealing can be checked later."""

from dataclasses import replace

from .canonical import digest
from .ratings import NotApplicable, Rating
from .scoring import ItemScore, Score


def score_hash(score: Score) -> str:
    """`sha256:` and the SHA-256 of the RFC 8785 form of model hash, ratings and exact result.

    The same ratings in the same model content give the same hash for ever: nothing displayed,
    rounded or translated is in it, and no name or version of the model beside its content.
    """
    return digest(
        {
            "model": score.model.hash,
            "ratings": {cell: _rating(rating) for cell, rating in score.ratings.items()},
            "result": {item: _result(scored) for item, scored in score.items.items()},
        }
    )


def result_hash(score: Score) -> str:
    """The score hash without the reasons why something is not applicable, which may name people."""
    reasonless = {
        cell: NotApplicable("") if isinstance(rating, NotApplicable) else rating
        for cell, rating in score.ratings.items()
    }
    return score_hash(replace(score, ratings=reasonless))


def _rating(rating: Rating) -> object:
    return {"na": rating.reason} if isinstance(rating, NotApplicable) else rating


def _result(scored: ItemScore) -> object:
    return {
        "low": None if scored.low is None else str(scored.low),
        "high": None if scored.high is None else str(scored.high),
        "rated": scored.rated,
        "applicable": scored.applicable,
        "attained": scored.attained,
    }
