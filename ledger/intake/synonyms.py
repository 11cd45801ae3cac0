"""What schools and local authorities call our columns in the headings of their own lists."""

from __future__ import annotations

SYNONYMS: dict[str, tuple[str, ...]] = {
    "id": (
        "reference", "ref", "ref no", "reference number", "transfer id", "log number", "log no",
        "transfer ref", "unique id", "transfer number",
    ),
    "transferred_at": (
        "date", "date sent", "date of transfer", "transfer date", "sent", "sent on", "date shared",
        "date disclosed", "disclosure date", "date and time sent", "date/time sent", "when sent",
        "date of disclosure", "date provided", "date supplied",
    ),
    "sender": (
        "from", "sent by organisation", "sending organisation", "data provider", "provider", "source",
        "source organisation", "originator", "disclosing organisation", "school name", "sending school",
        "sent from",
    ),
    "recipient": (
        "to", "sent to", "shared with", "recipient organisation", "receiving organisation", "organisation",
        "agency", "third party", "disclosed to", "provided to", "supplied to", "who to", "data recipient",
        "receiver",
    ),
    "recipient_role": (
        "role of recipient", "controller or processor", "controller/processor",
        "data controller or processor",
    ),
    "schools": (
        "school", "schools covered", "establishments", "establishment", "schools included", "which schools",
    ),
    "purpose": (
        "reason", "reason for transfer", "purpose of transfer", "reason for sharing", "purpose of sharing",
        "reason for disclosure", "why", "what for", "purpose for sharing",
    ),
    "fields": (
        "data items", "data", "data sent", "data shared", "information shared", "what was sent", "items",
        "data fields", "data set", "dataset", "information sent", "data elements", "information",
        "fields sent", "content", "type of data", "data type",
    ),
    "lawful_basis": (
        "legal basis", "lawful basis for processing", "basis", "condition for processing",
        "schedule 2 condition", "dpa condition", "legal ground", "legal grounds", "dpa schedule 2",
        "gdpr basis",
    ),
    "special_category_condition": (
        "schedule 3 condition", "sensitive data condition", "special category basis", "article 9 condition",
        "condition for sensitive data",
    ),
    "legal_power": (
        "legal gateway", "statutory gateway", "power", "statutory power", "legislation", "statute", "act",
        "legal authority",
    ),
    "subject_kind": (
        "pupils or staff", "pupil or staff", "data subjects", "whose data", "pupil/staff", "subject type",
    ),
    "subject_count": (
        "number of pupils", "no of pupils", "no. of pupils", "pupils", "number of records", "records",
        "number of people", "how many", "no of records", "pupil count", "number of data subjects",
        "number of staff",
    ),
    "subject_smallest": (
        "smallest cell", "smallest count", "smallest group", "minimum cell size",
    ),
    "age_min": (
        "minimum age", "youngest", "youngest age", "age from",
    ),
    "age_max": (
        "maximum age", "oldest", "oldest age", "age to",
    ),
    "key_stages": (
        "key stage", "ks",
    ),
    "year_groups": (
        "year group", "years", "nc year", "national curriculum year", "year groups covered",
    ),
    "phase": (
        "school phase", "phase of education",
    ),
    "granularity": (
        "level", "level of detail", "individual or aggregate", "aggregation level", "level of aggregation",
    ),
    "channel": (
        "method", "method of transfer", "how sent", "transfer method", "sent via", "means of transfer",
        "delivery method", "how transferred", "how",
    ),
    "country": (
        "country of recipient", "destination country",
    ),
    "safeguard": (
        "safeguards", "transfer safeguard", "international safeguard",
    ),
    "payload_sha256": (
        "sha256", "sha-256", "file hash", "checksum", "hash",
    ),
    "payload_bytes": (
        "file size", "size in bytes", "size", "file size (bytes)",
    ),
    "payload_media_type": (
        "file type", "format", "file format", "media type",
    ),
    "payload_rows": (
        "rows", "number of rows", "lines", "rows in file",
    ),
    "request_reference": (
        "request ref", "request number", "request id", "ticket", "helpdesk ref",
    ),
    "request_date": (
        "date requested", "date of request", "requested on", "request received",
    ),
    "approval_role": (
        "approved by role", "approver role", "role of approver",
    ),
    "approval_reference": (
        "approval ref", "authorisation reference", "authorisation ref",
    ),
    "approval_date": (
        "date approved", "approved on", "authorisation date", "date authorised", "date of approval",
    ),
    "agreement_reference": (
        "sharing agreement", "data sharing agreement", "dsa reference", "isa reference",
        "information sharing agreement", "agreement ref", "agreement", "protocol",
    ),
    "agreement_review_on": (
        "agreement review date", "agreement review", "dsa review date",
    ),
    "dpia_reference": (
        "dpia", "pia", "dpia ref", "privacy impact assessment", "impact assessment",
    ),
    "dpia_review_on": (
        "dpia review date", "pia review date",
    ),
    "opt_outs_checked": (
        "opt outs checked", "opt out checked", "opt-outs checked?", "objections checked",
        "opt out check done",
    ),
    "opt_outs_excluded": (
        "opt outs removed", "number opted out", "opted out", "no of opt outs", "pupils excluded", "opt outs",
    ),
    "opt_outs_limited": (
        "limited opt outs", "number limited", "restricted records",
    ),
    "opt_outs_limited_to": (
        "fields for opt outs", "limited to", "restricted to",
    ),
    "onward_of": (
        "received as", "source transfer", "onward from", "passed on from",
    ),
    "retain_until": (
        "retention", "retention date", "delete by", "destroy by", "kept until", "retain to",
        "retention until",
    ),
    "operator": (
        "officer", "sent by", "sent by name", "staff member", "member of staff", "name of sender",
        "completed by", "sent by (name)", "data officer", "sender name",
    ),
    "approver": (
        "approved by", "authorised by", "authorising officer", "signed off by",
    ),
    "note": (
        "notes", "comments", "comment", "remarks", "further information", "other information",
    ),
}  # fmt: skip
"""Our column → headings that mean it. They are compared without case and punctuation, and nearly."""
