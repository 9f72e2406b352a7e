"""Tools of the skill `text_extraction`, and what they alone use."""
