"""Tools of the skill `coding`, and what they alone use."""
