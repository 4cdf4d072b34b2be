"""The business language of the product: pure values and rules. It must not do IO or read clocks.

What a procedure is written with: `elements`, `approvers`, `panels`, `durations`, `forms`, `money`, `report`. What holds
of people and time: `people`, `resolution`, `seats`, `working_time`, `recurrence`. What is kept: `records`, a class for
each table, and `audit`. Reading and writing mail: the room `mail`, and `messages`, what each mail of ours knows.
`verbs` is the one list of what people can say to a request, `errors` the one tree of errors.
"""
