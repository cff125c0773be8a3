"""The words in the demo people's workshops: one team's notes on the ten steps, and what workshops are called."""

NOTES = {
    "challenge": (
        "People give up their library reservation because they never learn when the book is in.\n"
        "For: readers of the three branch libraries. Solved when nine of ten reserved books are picked up."
    ),
    "stakeholder-mapping": (
        "Readers: feel the delay, decide nothing. Front desk: sees it daily, can change the shelf.\n"
        "Branch managers: own the opening hours. IT of the city: owns the mails, slow to change."
    ),
    "user-research": (
        "Eleven talks at the desk, two mornings of watching the shelf.\n"
        "“I come by on Saturdays and hope.” – “The mail went to my old address.” – “I ask my daughter to look it up.”\n"
        "Four of eleven did not know that the book had been there for a week."
    ),
    "sense-making": (
        "1. The notice misses the people (address, spam, no e-mail at all).\n"
        "2. The shelf is sorted for staff, so readers cannot look for themselves.\n"
        "3. Seven days are short for whoever comes on Saturdays only."
    ),
    "persona": (
        "Marta, 61, reads two novels a week, phone without mail.\n"
        "Wants: not to come in vain. Worries: being a nuisance at the desk. Lives two bus stops away."
    ),
    "journey-mapping": (
        "Reserves by phone – waits – guesses – takes the bus – asks – “not yet”.\n"
        "It hurts most between waiting and the bus: there is no sign at all whether the trip is worth it."
    ),
    "reframe": ("How might Marta know on Friday evening, without a computer, that her book waits for her?"),
    "ideation": (
        "A call by a volunteer; a postcard; a text message; a light in the window; a list at the bus stop;\n"
        "longer shelf time for phone reservations; a Saturday shelf. Kept: text message, Saturday shelf."
    ),
    "concept": (
        "Saturday shelf: phone reservations stay until the second Saturday. On Friday at five a text message names\n"
        "the books that wait. Nothing to install, nothing to answer; the desk only scans as before."
    ),
    "validate": (
        "Four weeks in one branch: 41 reservations by phone, 37 picked up (before: 24 of 40).\n"
        "Two messages went to landlines. Verdict: go on, with a call for those."
    ),
}

TOPICS = (
    "Library pick-up",
    "Market queues",
    "School run",
    "Repair café",
    "Allotment water",
    "Clinic waiting room",
    "Bike parking",
    "Night bus",
    "Choir newcomers",
    "Community kitchen",
    "Lost property",
    "Swimming lessons",
    "Parcel room",
    "Tool library",
    "Town hall forms",
    "Playground shade",
    "Recycling yard",
    "Museum evenings",
    "Language café",
    "Volunteer rota",
    "Food bank Saturdays",
    "Station signs",
    "Village shop",
    "Noise after ten",
    "Garden plots",
    "Youth club",
    "Ferry tickets",
    "Care visits",
    "Street trees",
    "Club accounts",
)


def topic(number: int) -> str:
    """A name for the workshop of this number, starting again after the last."""
    return TOPICS[number % len(TOPICS)]
