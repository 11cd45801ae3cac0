"""What was documented: the register of flows, the facts of law, and the vocabularies both are written in.

`model` says what a register, the law and the vocabularies are; `names` says which text means which of their
ids (recording needs nothing else from here); `nodes`, `shape` and `read` turn YAML into the model,
strictly; `lint` finds what a reader cannot; `show` prints a register for people; `diff` compares two, and `tell`
puts that into sentences. `template` begins a new file, and `json_schema` tells editors what one may hold. The
YAML lies beside them: `notices`, `vocabularies` and `law.yml`.
"""
