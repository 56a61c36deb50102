"""Who has a role at the platform on pages of the city's, as far as it is told, and what people say who reviewed it
(law R71)."""
