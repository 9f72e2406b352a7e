"""Tools of the skill `fermi`, and what they alone use."""
