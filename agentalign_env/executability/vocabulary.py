"""The small words by which texts are cut and read; what people ask for is in ``scenarios/requests``."""

from __future__ import annotations

__all__ = [
    "ARTICLES",
    "ASKING_NOTHING",
    "CAPITALISED",
    "CLAUSE_ENDS",
    "DEMONSTRATIVE",
    "EMPTY",
    "FINDING_VERBS",
    "HANDLING",
    "INFORMING",
    "LOOKING_ON",
    "NOUN_PHRASE_ENDS",
    "OPENING",
    "OPENING_VERBS",
    "QUESTIONS",
    "RANKING",
    "STRONG_CUES",
    "SUBJECTS",
    "TOWARDS",
    "VAGUE",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ARTICLES = _words("a all an any her his its my no one our some that the their these this those your")
"""What a noun phrase begins with."""

ASKING_NOTHING = _words(
    """
    back do feel forget give have help hope ignore keep leave let make mind note put remember say see stay take thank
    thanks trust try use wait wish work
    """
)
"""Verbs that as often say how something is to be done, or that nothing is: ``leave the rest as it is``."""

CAPITALISED = _words(
    """
    april august bluetooth christmas december dutch easter english february french friday german internet italian
    january july june march may monday november october saturday september sms spanish sunday thursday tuesday web
    wednesday wifi
    """
)
"""Words with a capital that are nobody's name."""

CLAUSE_ENDS = _words("! , - . : ; ? as because it's its since so that's which \u2013 —")
"""Where something else begins to be said."""

DEMONSTRATIVE = _words("it its that their them these this those")
"""Words that point back."""

EMPTY = _words(
    """
    a about account again all also amount an and any anyone anything app are as asap at be been by called can
    certain comment could did do does drop email emails everybody everyone everything find first following for
    from get give has have he her here him his how i in internet into is it its just know last latest let line
    list look mail mails make me message messages money my named new newest note now of on one ones online or our
    out over place please pls post put quick quickly reads recent right say saying says search send sent she shoot
    short sms so some somebody someone something somewhere soon stuff tell text texts thank thanks that the their
    them then there they thing things this through titled to today too top up urgently us use using via was way we
    web what when where which who whom will with would write you your
    """
)
"""Words that say nothing of their own in a text."""

FINDING_VERBS = _words("check choose find get look pick see view visit")
"""Verbs that only lead to what is then done with the thing."""

HANDLING = _words("connect grab log ssh take")
"""Verbs of taking something, to do something with it."""

INFORMING = _words("alert confirm heads-up inform know notifi ping tell updat word")
"""Stems of verbs that ask for word of what was done."""

LOOKING_ON = _words("check look open read report review see show skim study view")
"""Verbs that often go on with a search: ``find the mail and read it``."""

NOUN_PHRASE_ENDS = _words("( ) , . : ; a an and are at by for from home in is of on or that the this to was with")
"""Words that no noun phrase goes on over."""

OPENING = _words("a account app at chat go home in into launch log my on open start the to use with")
"""Words that stand around a provider's name when it is only opened."""

OPENING_VERBS = _words("go launch open use")
"""Verbs of going somewhere, to do something there."""

QUESTIONS = _words(
    "any anything are did do does has have how how's is what what's when where where's which who who's whose"
)
"""What a question can begin with."""

RANKING = _words(
    """
    any best cheapest current earliest first highest last latest lowest nearest newest next oldest recent top
    upcoming whatever whichever
    """
)
"""Words that say which of several."""

STRONG_CUES = _words(": about called for named reading reads saying says that titled")
"""Words behind which a text begins."""

SUBJECTS = _words(
    """
    also although and as at because but by everybody everyone for from he he's i i'd i'll i'm i've if in it it's
    nobody not of on only or people she she's since someone than that's there there's they they're though to we
    we'd we'll we're we've when while with without you
    """
)
"""What a statement begins with, rather than a request."""

TOWARDS = _words("drop email forward get give mail message ping remind send shoot sms tell text to")
"""Words before somebody who receives."""

VAGUE = _words("any anyone certain some somebody someone something somewhere")
"""Words for nobody and nothing in particular."""
