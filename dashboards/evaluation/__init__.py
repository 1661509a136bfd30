"""이행실적 평가: how a year's promises were kept, in figures and in people's own words."""
