"""Tools: plain Python that a flow uses between its agents. One function, `use(draft, **options)`, in each module.
Those that one skill alone uses stand in its folder.

A tool returns {"output": {...}} or {"error": reason}; it is pure, and its randomness comes from the draft's seed.
"""
