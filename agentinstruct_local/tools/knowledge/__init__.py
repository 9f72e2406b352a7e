"""Tools of the skill `knowledge`."""
