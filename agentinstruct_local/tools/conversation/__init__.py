"""Tools of the skill `conversation`, and what they alone use."""
