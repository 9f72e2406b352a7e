"""Pure checks of a draft: yes, or no with a reason and the evidence. A module each, named like the verifier.

Those that one skill alone uses stand in its folder.
"""
