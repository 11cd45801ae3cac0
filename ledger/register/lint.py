"""What is wrong with a register that reads well: references to nothing, limits that contradict each other.

A register with problems must not be adopted, because a check that looks for a party or a field that is not
there would find every transfer wrong, or none. Problems come all at once and in the file's order, with the
line where `read.read_with_places` gave one. `examine` says besides what is wrong with its form, and looks at all
parts that can be read.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cache

import msgspec

from ledger import london
from ledger.confusables import deceptive
from ledger.errors import Refused
from ledger.register.model import Due, Flow, OptOut, Party, Purpose, Register, Term
from ledger.register.names import known_names, look
from ledger.register.read import load_law, load_vocabularies, read_partly
from ledger.register.shape import Place, Problem
from ledger.register.terms import LawfulBasis

_SUBJECTS = ("kinds", "ages", "key_stages", "year_groups", "phases")

_Found = Iterator[tuple[str, str]]  # path, message


def _twice(path: str, what: str, ids: Iterable[str]) -> _Found:
    seen: set[str] = set()
    for number, id_ in enumerate(ids):
        if id_ in seen:
            yield f"{path}[{number}]", f"{what} “{id_}” is there already; keep one of them."
        seen.add(id_)


_COMPARED = 300
"""So many known ids a misspelt one is compared with; beyond that it takes too long, and nothing is proposed."""


def _near(id_: str, known: Set[str]) -> str:
    near = difflib.get_close_matches(id_, sorted(known), n=1) if len(known) <= _COMPARED else []
    return f"; did you mean “{near[0]}”?" if near else "."


def _unknown(path: str, what: str, ids: Iterable[str], known: Set[str]) -> _Found:
    for number, id_ in enumerate(ids):
        if id_ not in known:
            yield f"{path}[{number}]", f"there is no {what} “{id_}”{_near(id_, known)}"


@cache
def _codes(kind: str) -> Set[str]:
    return frozenset(term.id for term in load_vocabularies().terms(kind))


def _code(path: str, kind: str, id_: str | None) -> _Found:
    if id_ is not None and id_ not in _codes(kind):
        yield path, f"there is no {kind.replace('_', ' ')} “{id_}”{_near(id_, _codes(kind))}"


class _Ids:
    """The ids of a register, gathered once for all its flows."""

    def __init__(self, register: Register) -> None:
        self.paragraphs = frozenset(one.id for one in register.paragraphs)
        self.parties = frozenset(one.id for one in register.parties)
        self.purposes = frozenset(one.id for one in register.purposes)
        self.flows = frozenset(one.id for one in register.flows)


def _assigned(path: str, part: Register | Party | Purpose | Flow) -> _Found:
    stated = {
        member.encode_name
        for member in msgspec.structs.fields(part)
        if getattr(part, member.name) not in (None, (), False)
    }
    if isinstance(part, Flow):
        stated |= {name for name in _SUBJECTS if getattr(part.subjects, name)}
    for name in part.assigned:
        if name not in stated - {"assigned"}:
            yield (
                f"{path}assigned.{name}",
                f"“{name}” is said to be assigned, but there is nothing by that name here.",
            )


def _opt_out(path: str, flow: Flow, opt_out: OptOut) -> _Found:
    ways = (opt_out.always is not None) + bool(opt_out.withheld) + opt_out.passing_on
    if ways != 1:
        yield path, "an opt-out says exactly one of always, withheld and passing_on."
    for name, ids in (
        ("always", opt_out.always or ()),
        ("withheld", opt_out.withheld),
        ("unclear", opt_out.unclear),
    ):
        yield from _unknown(f"{path}.{name}", "field of this flow", ids, flow.fields.all)
    for id_ in {*opt_out.unclear} & {*(opt_out.always or ()), *opt_out.withheld}:
        yield f"{path}.unclear", f"“{id_}” is unclear here and settled above; it cannot be both."
    if opt_out.unclear and opt_out.why is None:
        yield f"{path}.unclear", "“why” is missing: it says how the notice contradicts itself."


def _dates(path: str, flow: Flow, register: Register) -> _Found:
    if flow.permitted_until is not None:
        try:
            if len(flow.permitted_until) == len("2010-08-06"):
                london.parse_date(flow.permitted_until)
            elif london.instant(flow.permitted_until) is None:
                raise Refused("an interval is no end; write a date or a time with its offset.")
        except Refused as refused:
            yield f"{path}.permitted_until", str(refused)
        else:
            if flow.permitted_until[:10] < str(register.effective_from):
                yield f"{path}.permitted_until", f"it ends before the register begins, on {register.effective_from}."
    law = load_law()
    for number, code in enumerate(flow.lawful_bases):
        basis = law.basis(code)
        if basis is not None and not _ever_in_force(basis, register):
            until = f" to {basis.in_force_until}" if basis.in_force_until else ""
            yield (
                f"{path}.lawful_bases[{number}]",
                f"“{code}” was in force from {basis.in_force_from}{until}, and at no time while this register is.",
            )


_MONTH_DAY = re.compile(r"[0-9]{2}-[0-9]{2}")


def _due(path: str, due: Due) -> _Found:
    days = []
    for name, text in (("from", due.first), ("until", due.last)):
        yearly = _MONTH_DAY.fullmatch(text) is not None
        try:
            days.append(london.parse_date(f"2001-{text}" if yearly else text))
        except Refused:
            yield f"{path}.{name}", f"“{text[:40]}” is neither a date (YYYY-MM-DD) nor a day of every year (MM-DD)."
    if len(due.first) != len(due.last):
        yield path, "one of the two days is for every year and the other is not."
    elif len(days) == 2 and len(due.first) > len("MM-DD") and days[1] < days[0]:
        yield f"{path}.until", f"{due.last} is before {due.first}."


def _terms(register: Register) -> _Found:
    before: Term | None = None
    for number, term in enumerate(register.terms):
        if term.last < term.first:
            yield f"terms[{number}].until", f"{term.last} is before {term.first}."
        if before is not None and term.first <= before.last:
            yield (
                f"terms[{number}].from",
                f"{term.first} is not after “{before.id}”, which ends on {before.last}.",
            )
        before = term


def _ever_in_force(basis: LawfulBasis, register: Register) -> bool:
    began = register.effective_until is None or basis.in_force_from <= register.effective_until
    ended = basis.in_force_until is not None and basis.in_force_until < register.effective_from
    return began and not ended


def _bases(path: str, flow: Flow) -> _Found:
    law, vocabularies = load_law(), load_vocabularies()
    yield from _unknown(
        f"{path}.lawful_bases", "lawful basis", flow.lawful_bases, frozenset(one.id for one in law.bases)
    )
    kinds = {basis.kind for code in flow.lawful_bases if (basis := law.basis(code))}
    if "basis" not in kinds:
        yield (
            f"{path}.lawful_bases",
            "no lawful basis is given; assign one, and say why.",
        )
    special = flow.fields.all & vocabularies.special_categories
    if special and "special-category" not in kinds:
        yield (
            f"{path}.fields",
            f"{', '.join(sorted(special))} may go, which needs a condition for special categories as well.",
        )


def _identified(path: str, flow: Flow) -> _Found:
    """An aggregate shows nobody; names and numbers of people in it contradict that."""
    vocabularies = load_vocabularies()
    finest = vocabularies.granularity[0].id
    if flow.granularity in (None, finest) or flow.granularity not in _codes("granularity"):
        return
    if shown := sorted(flow.fields.all & vocabularies.identifying):
        yield (
            f"{path}.granularity",
            f"“{flow.granularity}” is an aggregate, and {', '.join(shown)} may go, which shows who somebody is; "
            f"take these out, or write {finest}.",
        )


def _subjects(path: str, flow: Flow) -> _Found:
    subjects = flow.subjects
    for name, kind in (("key_stages", "key_stage"), ("year_groups", "year_group"), ("phases", "phase")):
        yield from _unknown(f"{path}.{name}", kind.replace("_", " "), getattr(subjects, name), _codes(kind))
    if (ages := subjects.ages) is not None:
        if ages.min is None and ages.max is None:
            yield f"{path}.ages", "neither min nor max is given; leave the ages out, or write one."
        if ages.min is not None and ages.max is not None and ages.min > ages.max:
            yield f"{path}.ages", f"the youngest age, {ages.min}, is above the oldest, {ages.max}."
        if ages.beyond == "cannot-tell" and ages.why is None:
            yield f"{path}.ages", "“why” is missing: it says why nobody can tell."


def _flow(path: str, flow: Flow, register: Register, known: _Ids) -> _Found:
    yield from _assigned(f"{path}.", flow)
    for name, ids in (("from", flow.sender), ("to", flow.recipient)):
        yield from _unknown(f"{path}.{name}", "party", ids, known.parties)
    yield from _unknown(f"{path}.purposes", "purpose", flow.purposes, known.purposes)
    for name, ids in (
        ("from", flow.sender),
        ("to", flow.recipient),
        ("purposes", flow.purposes),
        ("cite", flow.cite),
    ):
        if not ids:
            yield f"{path}.{name}", f"“{name}” is empty; a flow needs at least one."
    every = (*flow.fields.required, *flow.fields.permitted, *flow.fields.voluntary)
    if not every:
        yield f"{path}.fields", "no field may go; list those that may."
    for name in ("required", "permitted", "voluntary"):
        ids = getattr(flow.fields, name)
        yield from _unknown(f"{path}.fields.{name}", "field", ids, _codes("field"))
    for id_ in sorted({id_ for id_ in every if every.count(id_) > 1}):
        yield f"{path}.fields", f"the field “{id_}” is listed more than once."
    yield from _subjects(f"{path}.subjects", flow)
    yield from _code(f"{path}.granularity", "granularity", flow.granularity)
    yield from _identified(path, flow)
    yield from _bases(path, flow)
    yield from _dates(path, flow, register)
    yield from _unknown(f"{path}.passes_on", "flow", flow.passes_on, known.flows)
    if flow.frequency is not None and flow.frequency.per == "term" and not register.terms:
        yield f"{path}.frequency.per", "the register has no “terms”; say when they are, or count in other periods."
    for number, due in enumerate(flow.expected):
        yield from _due(f"{path}.expected[{number}]", due)
    cited = [("", flow.cite), *((f".expected[{number}]", due.cite) for number, due in enumerate(flow.expected))]
    for name in ("agreement", "retention", "frequency"):
        if (part := getattr(flow, name)) is not None:
            cited.append((f".{name}", part.cite))
    if flow.opt_out is not None:
        yield from _opt_out(f"{path}.opt_out", flow, flow.opt_out)
        cited.append((".opt_out", flow.opt_out.cite))
    if flow.approval is not None:
        yield from _code(f"{path}.approval.role", "approval_role", flow.approval.role)
        cited.append((".approval", flow.approval.cite))
    for where, ids in cited:
        yield from _unknown(f"{path}{where}.cite", "paragraph", ids, known.paragraphs)


def _register(register: Register) -> _Found:
    yield from _assigned("", register)
    if register.effective_until is not None and register.effective_until < register.effective_from:
        yield "effective_until", f"{register.effective_until} is before {register.effective_from}."
    yield from _twice("terms", "the term", (term.id for term in register.terms))
    yield from _terms(register)
    for name, what in (
        ("paragraphs", "paragraph"),
        ("parties", "party"),
        ("purposes", "purpose"),
        ("flows", "flow"),
    ):
        yield from _twice(name, f"the {what}", (part.id for part in getattr(register, name)))
    known = _Ids(register)
    taking_part = {id_ for flow in register.flows for id_ in (*flow.sender, *flow.recipient)}
    for number, party in enumerate(register.parties):
        path = f"parties[{number}]"
        yield from _assigned(f"{path}.", party)
        yield from _unknown(f"{path}.cite", "paragraph", party.cite, known.paragraphs)
        yield from _code(f"{path}.role", "role", party.role)
        if party.role is not None and party.role_kind == "organisation":
            yield f"{path}.role", "an organisation plays no role; leave role out, or write role_kind: role."
        if party.id not in taking_part:
            yield path, f"the party “{party.id}” is in no flow."
    pursued = {id_ for flow in register.flows for id_ in flow.purposes}
    for number, purpose in enumerate(register.purposes):
        path = f"purposes[{number}]"
        yield from _assigned(f"{path}.", purpose)
        yield from _unknown(f"{path}.cite", "paragraph", purpose.cite, known.paragraphs)
        if purpose.id not in pursued:
            yield path, f"the purpose “{purpose.id}” is in no flow."
    for number, flow in enumerate(register.flows):
        yield from _flow(f"flows[{number}]", flow, register, known)
    yield from _names(register)


def _named(register: Register) -> Iterator[tuple[str, str, str]]:
    """Every name as (path, id, name)."""
    for number, party in enumerate(register.parties):
        yield f"parties[{number}].name", party.id, party.name
        for alias, text in enumerate(party.aliases):
            yield f"parties[{number}].aliases[{alias}]", party.id, text
        yield f"parties[{number}].id", party.id, party.id
    for number, purpose in enumerate(register.purposes):
        yield f"purposes[{number}].label", purpose.id, purpose.label
        for alias, text in enumerate(purpose.aliases):
            yield f"purposes[{number}].aliases[{alias}]", purpose.id, text
        yield f"purposes[{number}].id", purpose.id, purpose.id


def _deceptive(named: list[tuple[str, str, str]]) -> _Found:
    """Every name, given as (path, id, name), that could be taken for what it is not."""
    plain: dict[str, tuple[str, str]] = {}
    for _, id_, text in named:
        if text.isascii():
            plain.setdefault(look(text), (id_, text))
    for path, id_, text in named:
        if text.isascii():
            continue
        other, name = plain.get(look(text), (id_, ""))
        looks = f"looks like “{name}”, a name of {other}" if other != id_ else ""
        if (why := deceptive(text)) is not None:
            yield path, f"“{text}” {why}{looks and f', and {looks}'}; type it again in one alphabet."
        elif looks:
            yield path, f"“{text}” {looks}; give it a name that can be told apart."


_CLAIM = re.compile(r"“(.*?)”(?: is to mean (\S+) in|, a name of (\S+) in)", re.DOTALL)


def _names(register: Register) -> _Found:
    named = list(_named(register))
    yield from _deceptive(named)
    try:
        known_names(load_law(), load_vocabularies(), [register], [])
    except Refused as refused:
        places = {(id_, text): path for path, id_, text in reversed(named)}
        for sentence in str(refused).split("\n"):
            claim = _CLAIM.match(sentence)
            yield places.get((claim[2] or claim[3], claim[1]), "") if claim else "", sentence


def _place(path: str, places: Mapping[str, Place]) -> Place | None:
    """The place of `path`, or of the nearest part around it that the file has."""
    while path and path not in places:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return places.get(path)


def lint(register: Register, places: Mapping[str, Place] | None = None) -> list[Problem]:
    """Everything that is wrong with `register`, in its order; [] where nothing is.

    `places` is what `read.read_with_places` gave with it; without it, no problem has a line. The register is
    compared with the vocabularies and the facts of law that come with this project.
    """
    known = places or {}
    return [Problem(path, _place(path, known), message) for path, message in _register(register)]


def _above(path: str) -> Iterator[str]:
    """`path` and every part around it."""
    while path:
        yield path
        path = path[: max(path.rfind("."), path.rfind("["), 0)]


_ASSIGNED = re.compile(r"((?:.*\.)?)assigned\.(\w+)")
_IN_NO_FLOW = re.compile(r"(?:parties|purposes)\[[0-9]+\]")


def _sound(found: Iterable[Problem], broken: Set[str]) -> Iterator[Problem]:
    """Those problems that do not come of a part's being broken, which is told already."""
    around = frozenset(above for path in broken for above in _above(path))
    flows = any(path.startswith("flows") for path in broken)
    for problem in found:
        paths = [problem.path]
        if assigned := _ASSIGNED.fullmatch(problem.path):
            paths += [f"{assigned[1]}{assigned[2]}", f"{assigned[1]}subjects.{assigned[2]}"]
        if any(path in around or not broken.isdisjoint(_above(path)) for path in paths):
            continue
        if flows and _IN_NO_FLOW.fullmatch(problem.path) and problem.message.endswith("in no flow."):
            continue
        yield problem


_AT = re.compile(r"line ([0-9]+)(?:, column ([0-9]+))?: (.*)", re.DOTALL)


def examine(data: bytes | str) -> tuple[Register | None, list[Problem]]:
    """The register in the YAML text `data`, and all that is wrong with it, form and references, in the file's order.

    The register is None where its form is wrong; what refers to a part that cannot be read is then not judged.
    """
    try:
        found, reading = read_partly(data)
    except Refused as refused:
        at = _AT.fullmatch(str(refused))
        return None, [Problem("", Place(int(at[1]), int(at[2] or 1)), at[3]) if at else Problem("", None, str(refused))]
    problems = [*reading.problems]
    if "" not in reading.broken:
        problems += _sound(lint(found, reading.places), reading.broken)
    problems.sort(key=lambda problem: problem.place or (0, 0))
    return (None if reading.problems else found), problems
