"""Tools of the skill `web_agent`, and what they alone use."""
