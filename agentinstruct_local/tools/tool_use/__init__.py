"""Tools of the skill `tool_use`, and what they alone use."""
