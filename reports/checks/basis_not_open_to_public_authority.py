"""A public authority relies on a legitimate interest, which is not open to it in its own tasks.

Since 25 May 2018 the law itself has to say what public authorities may do with data: legitimate interests, and
since 2026 recognised ones, are no basis for what they do in the performance of their tasks. Schedule 2 of the Data
Protection Act 1998 had no such rule. Outside its tasks a school can rely on them, and only a person can say whether
it did. Establish the basis, as the public task or a legal obligation, and correct the entry.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Citation, Compared, Finding

ID = "basis-not-open-to-public-authority"
NEEDS: Needs = "law"

_LAST_PARAGRAPH = Citation("UK GDPR Article 6(1), last paragraph, as the EU's GDPR had it before 2021", "", "read")


def _closed(case: Case) -> tuple[str, ...]:
    law = case.context.law
    known = ((code, law.basis(code)) for code in case.bases)
    return tuple(code for code, basis in known if basis is not None and not basis.public_authorities)


def _public(case: Case) -> bool | None:
    sender = None if case.sender is None else case.context.organisation(case.sender)
    return None if sender is None else sender.public_authority


def check(case: Case) -> Iterator[Finding]:
    """Each such basis of a public authority: a breach. Not known whether it is one, or documented: cannot tell."""
    public = _public(case)
    if public is False:
        return
    for code in _closed(case):
        documented = public and case.flow is not None and code in case.flow.lawful_bases
        if documented:
            reason = "documented"
        elif public:
            reason = "public-authority"
        else:
            reason = "unlisted" if case.sender is None else "unknown"
        yield case.finding(
            ID,
            "breach" if reason == "public-authority" else "cannot-tell",
            reason,
            found=(code, case.sender or "sender_as_given"),
            members=("lawful_basis", "sender"),
            limit="lawful_bases" if documented else None,
            # Where it is documented, the register takes part in the judgement.
            law=None if documented else (_LAST_PARAGRAPH,),
        )


def compared(case: Case) -> Compared | str:
    """The bases that are closed to public authorities, of a sender that is none."""
    closed = _closed(case)
    return case.compared(found=closed, law=(_LAST_PARAGRAPH,)) if closed else "open-to-all"
