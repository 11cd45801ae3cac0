"""The beginning of a register: every key that is needed with a placeholder in it, the others in comments.

A placeholder stands in angle brackets and says what belongs there. The reader refuses each, with its line (`shape`),
so that an unfinished file is never adopted. The codes in the comments are those of the vocabularies and of the law.

A starter is a whole register of today instead, which lints clean as it is and is to be adapted.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from ledger.errors import Refused
from ledger.members import NOT_STATED
from ledger.register.read import load_law, load_vocabularies, notice_bytes

_WIDTH = 100

_TEMPLATE = """\
# A register of documented data flows: what a notice says may go from whom to whom, why, and within which limits.
#
# Write something for each placeholder (what stands in angle brackets), repeat or delete parts as the notice has them,
# and take the # from an optional line that you need. `transfer-ledger register lint FILE` says what is left to do, with
# line and column. Ids are yours to choose: lower-case letters, digits and single hyphens.
#
# What the notice does not say and you add, name in `assigned`, with your reason: findings tell the two apart.

id: <a short id for this notice>
title: <what people call this notice>
version: "1"
effective_from: <the first day it holds as YYYY-MM-DD>
# effective_until: 2099-08-31
# smallest_count: 5
# terms: [{{id: autumn-2099, label: Autumn term 2099, from: 2099-09-01, until: 2099-12-18}}]

paragraphs:  # that are cited below
  - id: paragraph-1
    heading: <the heading it stands under>
    number: 1  # under that heading, counted from 1
    point: <what the paragraph says in your own words>
    # quotes: ["the notice's own words that matter"]

parties:  # who sends and who gets data; each in at least one flow
  - id: school
    name: School
    # What several bodies are is a role; organisations in the ledger carry its code. The codes:
{role}
    role_kind: role
    role: school
  - id: recipient
    name: <the name of who gets the data>
    # aliases: ["A name that it also goes by"]

purposes:  # each in at least one flow
  - id: purpose-1
    label: <what the data is used for>
    # statistical: true

flows:
  - id: flow-1
    label: <this flow in a few words>
    from: [school]
    to: [recipient]
    purposes: [purpose-1]
    # The fields that must go, that may go, and that are asked for and need not go. Their codes:
{field}
    fields:
      required: [<the code of a field>]
      # permitted: [forename]
      # voluntary: [email]
    subjects:
      kinds: [pupil]  # or workforce, or both
      # ages: {{min: 11, max: 18}}
      # key_stages: [ks3, ks4]
      # year_groups: [year-7, year-8]
      # phases: [secondary]
    # The lawful basis and, for fields about health, ethnic origin and the like, a condition besides. Those in force:
{basis}
    lawful_bases: [<the code of a lawful basis>]
    # The finest level that may go, from the finest to the coarsest:
{granularity}
    # granularity: individual
    # What an opt-out stops. Instead of withheld, always names what may go all the same.
    # opt_out: {{who: Parents, withheld: [email]}}
    # Whose approval is needed beforehand. The codes:
{approval_role}
    # approval: {{role: head-teacher}}
    # use: statistical-only
    # passes_on: [flow-1]  # the flows whose data goes on by this one
    # agreement: {{review_on: 2099-08-31}}
    # retention: {{text: Until the end of the school year., months: 12}}
    # frequency: {{at_most: 1, per: month}}
    # expected: [{{label: Autumn census, from: 10-01, until: 10-31}}]
    # permitted_until: 2099-08-31
    cite: [paragraph-1]
    assigned:
      lawful_bases: <why this basis unless the notice itself states one>
"""


_STARTERS = {"primary": "primary-2026", "secondary": "secondary-2026", "workforce": "workforce-2026"}
STARTERS = tuple(_STARTERS)

_ADAPT = """\
# Your register, begun from {notice}. It can be adopted as it is, but make it yours first:
#
#   id, title       name your own organisation, and raise `version` whenever you change what was adopted;
#   effective_from  the first day on which your notice holds, and `terms` your own term dates;
#   paragraphs      the headings and points of your own notice, so that findings cite what parents and staff can read;
#   parties         add names and aliases, and one party for each supplier with a contract of its own;
#   flows           delete those that you do not have, and take from `fields` what you do not send;
#   assigned        what your notice itself states needs no entry there; check each lawful basis and each date.
#
# `transfer-ledger register lint FILE` says what is wrong, with line and column;
# `transfer-ledger register diff {notice} FILE` what yours permits and this one does not.
#
"""


def starter(kind: str) -> str:
    """A whole register of today to adapt, for one of `STARTERS`. `Refused` for another word."""
    if kind not in _STARTERS:
        raise Refused(f"There is no starter “{kind[:64]}”; there are: {', '.join(STARTERS)}.")
    notice = _STARTERS[kind]
    # The first line names the schema by a path that holds in this project's own folder only.
    _, text = notice_bytes(notice).decode("utf-8").removeprefix("# yaml-language-server: ").split("\n", 1)
    own = {"id": f"our-{kind}", "title": f"Our documented data flows ({kind})"}
    for key, value in own.items():
        text = re.sub(rf"^{key}: .*$", f"{key}: {value}", text, count=1, flags=re.MULTILINE)
    return _ADAPT.format(notice=notice) + text.removeprefix("#\n")


def _comment(codes: Iterable[str]) -> str:
    return textwrap.fill(
        ", ".join(codes),
        _WIDTH,
        initial_indent="    #   ",
        subsequent_indent="    #   ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def template() -> str:
    """The text of a new register file, ending in a newline."""
    vocabularies = load_vocabularies()
    kinds = ("role", "field", "granularity", "approval_role")
    codes = {kind: _comment(term.id for term in vocabularies.terms(kind) if term.id != NOT_STATED) for kind in kinds}
    bases = (basis for basis in load_law().bases if basis.in_force_until is None)
    return _TEMPLATE.format(**codes, basis="\n".join(f"    #   {basis.id}: {basis.label}" for basis in bases))
