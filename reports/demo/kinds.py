"""What kinds of transfer the demonstration knows: purpose, data items, lawful basis, channel, by name.

They are what an authority and its schools plausibly sent in 2009–10, within what the notice documents.
"""

from __future__ import annotations

_PERSON = "upn;forename;surname;date-of-birth;gender"
_HOME = "address;postcode;parent-name;parent-address"
_FUNCTION, _DUTY, _CONSENT, _INTEREST = (f"dpa1998-sch2-{number}" for number in (5, 3, 1, 6))
_SEN, _HEALTH, _EQUALITY, _ORDER = (f"dpa1998-sch3-{number}" for number in (7, 8, 9, 10))
_RESULTS = "assessment-results;teacher-assessments"


def _kind(
    purpose: str, fields: str, basis: str = _FUNCTION, condition: str = "", channel: str = "sftp", **more: str
) -> dict[str, str]:
    return {
        "purpose": purpose,
        "fields": fields,
        "lawful_basis": basis,
        "special_category_condition": condition,
        "channel": channel,
        "recipient_role": "controller",
        "subject_kind": "pupil",
        "granularity": "individual",
        **more,
    }


_CONTACTPOINT = _kind(
    "maintain-accuracy",
    f"forename;surname;date-of-birth;gender;{_HOME};school;entry-date",
    _DUTY,
    channel="secure-web-portal",
    legal_power="children-act-2004-s12;si-2007-2182",
)
_FIGURES = _kind(
    "NCMP aggregates",
    "height;weight;gender;year-group;pupil-count",
    granularity="school-year-group",
    channel="encrypted-email",
    subject_smallest="12",
)
_APPROVED = {"approval_role": "Chief Statistician"}

KINDS: dict[str, dict[str, str]] = {
    # school to authority
    "admissions": _kind(
        "Admissions", f"{_PERSON};{_HOME};school;year-group;entry-date", _DUTY, channel="secure-web-portal",
        legal_power="education-pupil-information-regulations-2005",
    ),
    "sen": _kind("SEN assessment", f"{_PERSON};school;sen-provision;sen-type", _DUTY, _SEN, "encrypted-email"),
    "attendance": _kind(
        "statutory-functions", "upn;forename;surname;school;year-group;attendance;exclusions",
        channel="secure-web-portal",
    ),
    "targets": _kind(
        "school-performance", "pupil-count;year-group;predicted-grades;assessment-results",
        channel="encrypted-email", granularity="school-year-group", subject_smallest="9",
    ),
    "census": _kind(
        "School census",
        f"{_PERSON};postcode;school;year-group;entry-date;ethnicity;first-language;free-school-meals;sen-provision",
        _DUTY, _EQUALITY, "secure-web-portal", legal_power="education-act-1996-s537a",
    ),
    "census-return": _kind(
        "School census",
        f"{_PERSON};postcode;school;year-group;entry-date;ethnicity;first-language;free-school-meals;sen-provision",
        _DUTY, _EQUALITY, "COLLECT", legal_power="education-act-1996-s537a",
    ),
    "workforce-census": _kind(
        "statistics",
        "teacher-number;forename;surname;date-of-birth;gender;ethnicity;post;contract;salary;qualified-teacher-status",
        _FUNCTION, _EQUALITY, "secure-web-portal", subject_kind="workforce",
        legal_power="education-act-2005-s114",
    ),
    "staff-sickness": _kind(
        "workforce-support", "staff-number;post;sickness-absence", "dpa1998-sch2-2", "dpa1998-sch3-2",
        "encrypted-email", subject_kind="workforce",
    ),
    "vacancies": _kind(
        "workforce-support", "staff-count;recruitment", channel="encrypted-email", subject_kind="workforce",
        granularity="school",
    ),
    # ContactPoint
    "contactpoint": {**_CONTACTPOINT, "age_min": "0", "age_max": "17"},
    "contactpoint-school": _CONTACTPOINT,
    # assessments
    "qca": _kind("SATs", f"{_PERSON};school;year-group", _DUTY, channel="secure-web-portal"),
    "qca-results": _kind("SATs", f"{_PERSON};school;year-group;{_RESULTS}", _DUTY, channel="secure-web-portal"),
    "qca-onward": _kind("achievement-statistics", f"{_PERSON};school;year-group;{_RESULTS}", key_stages="ks1;ks2"),
    "qca-lsc": _kind("statistics", f"{_PERSON};school;year-group;assessment-results", key_stages="ks3"),
    # inspection
    "ofsted": _kind(
        "Ofsted inspection", "school;year-group;pupil-count;attendance;assessment-results", _DUTY,
        granularity="school-year-group", subject_smallest="11",
    ),
    "views": _kind(
        "childrens-services-inspection", "views;gender;year-group;pupil-count", _DUTY,
        granularity="local-authority", subject_smallest="24",
    ),
    # learners
    "lsc": _kind("statistics", "uln;date-of-birth;gender;postcode;school;year-group;courses;destination"),
    "lsc-contact": _kind("learner-contact", "forename;surname;address;postcode", channel="encrypted-media"),
    "lrs": _kind("ULN registration", "upn;forename;surname;date-of-birth;gender;postcode;school", _DUTY,
                 channel="secure-web-portal"),
    "lrs-post-14": _kind("Post-14 registration", "upn;forename;surname;date-of-birth;gender;school;exam-entries",
                         _DUTY, channel="secure-web-portal"),
    "miap": _kind("learner-record", "uln;forename;surname;date-of-birth;achievements;exam-results", _DUTY,
                  channel="secure-web-portal"),
    "uln": _kind("ULN access", "uln;forename;surname;date-of-birth;gender", _DUTY, channel="API"),
    "learner-record": _kind(
        "learner-record-sharing", "uln;forename;surname;date-of-birth;achievements", _DUTY, channel="API",
        opt_outs_checked="yes",
    ),
    # health
    "measuring": _kind(
        "NCMP", f"forename;surname;date-of-birth;gender;{_HOME};school;year-group", _DUTY, channel="encrypted-email",
        legal_power="nhs-act-2006-sch1-7a", retain_until="2010-12-31",
    ),
    "health": _kind(
        "local-health-services", "postcode;gender;school;year-group;pupil-count", granularity="school",
        channel="encrypted-email", subject_smallest="8",
    ),
    "letters": _kind(
        "NCMP results letter", "forename;surname;height;weight;measurement-date", _DUTY, _HEALTH, "post",
        legal_power="nhs-act-2006-sch1-7a",
    ),
    "figures": _FIGURES,
    "figures-national": {**_FIGURES, "purpose": "health-policy"},
    "figures-pct": {**_FIGURES, "purpose": "SHA performance management", "granularity": "pct"},
    "figures-commission": {**_FIGURES, "purpose": "health-service-assessment", "granularity": "pct"},
    # the Department
    "matched": _kind(
        "matched-information", "upn;school;year-group;assessment-results;performance-analyses",
        channel="secure-web-portal",
    ),
    "survey": _kind("survey-samples", "forename;surname;address;postcode;parent-name;year-group"),
    "departments": _kind(
        "statistics", f"{_PERSON};postcode;school;assessment-results", channel="encrypted-media", **_APPROVED
    ),
    "research": _kind(
        "achievement-research", "date-of-birth;gender;school;year-group;ethnicity;assessment-results", _FUNCTION,
        _ORDER, "encrypted-media", legal_power="prescribed-persons-regulations", **_APPROVED,
    ),
    # Connexions
    "connexions": _kind(
        "connexions-service", f"forename;surname;date-of-birth;gender;{_HOME};telephone;school;year-group;courses",
        _DUTY, age_min="13", age_max="19", opt_outs_checked="yes",
        legal_power="education-and-skills-act-2008-s72",
    ),
    # suppliers
    "s-cool": _kind("careers-software", "forename;surname;date-of-birth;gender", _CONSENT,
                    channel="secure-web-portal", agreement_reference="DSA-2009-04", agreement_review_on="2011-03-31"),
    "perspective": _kind(
        "collaborative-learning", "upn;forename;surname;school;learning-provider;courses;timetable;attendance",
        channel="secure-web-portal", agreement_reference="DSA-2009-07", agreement_review_on="2011-03-31",
    ),
    "ifd": _kind(
        "school-improvement", "upn;gender;school;year-group;free-school-meals;sen-provision;assessment-results",
        agreement_reference="DSA-2009-02", agreement_review_on="2010-12-31",
    ),
    "fischer": _kind(
        "Performance data analysis", f"{_PERSON};postcode;school;year-group;free-school-meals;{_RESULTS}",
        agreement_reference="DSA-2009-03", agreement_review_on="2010-12-31",
    ),
    "fischer-back": _kind(
        "Performance data analysis", "upn;school;year-group;performance-analyses;predicted-grades",
        channel="secure-web-portal",
    ),
}  # fmt: skip
"""The cells that transfers of a kind share, by CSV column."""

SUPPLIERS = frozenset({"s-cool", "perspective", "ifd", "fischer"})
for _name in SUPPLIERS:
    KINDS[_name]["recipient_role"] = "processor"
