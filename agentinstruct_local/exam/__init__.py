"""What a student has learnt: questions, how replies are marked, and what the marks of several sittings say together.

Nothing here knows what a student is made of: it is asked through `Teacher`, as any model is.
"""
