"""From words to values: counts, dates, places, actors and speakers of one report, each with its reading and no more."""
