"""How fast inverse and forward are: rows to measure, who is timed, how, and how it is shown.

``rows`` says what is measured (each a ``row``) and which ``goal`` is to be reached, ``entry`` what
one contestant is asked to do. ``contestants`` finds them; ``jobs``, ``own``, ``library`` and
``yardstick`` make them do it; ``verify`` asks whether they did. ``timing`` times all of a table in
turn, as ``schedule`` has it, ``statistics`` makes ratios of times, which fill the rows
(``measured``), ``run`` is the whole. ``document`` is its JSON, ``reading`` reads it again,
``machine`` is where it was; ``words``, ``cells``, ``show``, ``markdown`` and ``picture`` are its
other forms.
"""
