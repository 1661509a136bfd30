"""What comes in: how many opinions, of what kind, by which way, and how soon they were answered."""

from dashboards.intake.figures import FIRST_CONTACT, Intake, Spread, spread_of
from dashboards.intake.reading import behind, between, by_month
from dashboards.intake.satisfaction import Satisfaction, satisfaction

__all__ = [
    "FIRST_CONTACT",
    "Intake",
    "Satisfaction",
    "Spread",
    "behind",
    "between",
    "by_month",
    "satisfaction",
    "spread_of",
]
