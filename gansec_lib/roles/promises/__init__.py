"""What each role promises, as questions that ``conform`` puts to a system, one file a role.

A promise is ``(method, words, ask)``: the method that makes it, what it says, and a function that
returns an empty text where it is kept, and else what was expected and what came.
"""
