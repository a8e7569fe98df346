"""The model that an assessment is pinned to, and what of it is rated there."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.assessment import tables
from services.assessment.domain.cells import rateable, spread, standard
from services.assessment.domain.model import Model, Scale, Standard
from services.assessment.domain.ratings import NotApplicable, Rating
from services.assessment.operations import models
from shared.store import Session


@dataclass(frozen=True, slots=True)
class Pinned:
    """A model as one assessment uses it: `cells` is all that is rated, with its scale."""

    model: Model
    scope: Standard | None
    cells: Mapping[str, Scale]

    def by_cell(self, ratings: Mapping[str, Rating]) -> dict[str, object]:
        """The ratings of every cell of the model, as a score reads them."""
        rated = spread(self.model, ratings, self.scope)
        return {
            cell: {"na": rating.reason} if isinstance(rating, NotApplicable) else rating
            for cell, rating in rated.items()
        }


async def pinned(session: Session, row: tables.Assessment) -> Pinned:
    """The model version of this assessment, for ever the same."""
    model = await models.find_model(session, row.model_code, row.model_version)
    scope = None if row.standard is None else standard(model, row.standard)
    return Pinned(model, scope, rateable(model, row.mode == "quick", scope))
