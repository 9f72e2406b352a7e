"""Fare rules of the Quillane Isles Ferry and Harbour Company (the Quiff).

Owner: Jorunn Maddick, tariff analyst. Reviewed by Sorrel Vance-Ibbot (head of
the Ledger) before every new tariff. The module belongs to tariff T-34, valid
from 1 April 2025 until the start of T-35. T-34 replaced T-31, which had been
valid from 1 April 2023. T-32 and T-33 were drafts that the board turned down;
no ticket was ever sold under them.

All amounts are in bits: one mark has 100 bits. Never use floats for money
here; a float rounding error cost 214 marks on decade strips in March 2023.

Rules for people who stay with the Booking Office Guide are in BG-12. If a
number differs, tariffs.xlsx comes first, this module second, BG-12 third.
"""

from math import ceil

TARIFF = "T-34"

# Adult foot fares for a single journey, in bits.
FOOT_FARES = {
    "R1": 840,   # Askerton - Port Hedra, 55 minutes
    "R2": 1360,  # Askerton - Wendle Quay, 95 minutes
    "R3": 470,   # Lannock Head - Hathe Stairs, 25 minutes
    "R4": 680,   # Wendle Quay - Crome, 40 minutes
    "R5": 390,   # Port Hedra - Dunn Jetty, 18 minutes, no vehicles
    "R6": 2420,  # Askerton - Skarrow, 190 minutes
}

# Class A (car up to 4.6 m), single, in bits. The driver is NOT included,
# except on R3, where the driver has travelled free since the year 2016.
CAR_FARES = {"R1": 2680, "R2": 4140, "R3": 1460, "R4": 1980, "R6": 7700}

# ---------------------------------------------------------------- discounts
HEARTHCARD_FOOT = 42      # percent; yellow cards (seasonal workers) get it too
HEARTHCARD_VEHICLE = 30   # percent; not for yellow cards
CHILD = 55                # percent, from 5 to 14 years; under five travel free
GROUP_SMALL = 16          # percent, from 9 people
GROUP_LARGE = 21          # percent, from 27 people
THEREBACK_SHARE = 60      # the way back costs 60 percent; not on R6
STACK_CAP = 70            # percent; child plus Hearthcard may not go above it

# --------------------------------------------------------------- surcharges
FAIR_DAY = 12             # percent, nine days of the Morrow Fair; no Hearthcard
HIGH_ROOF = 17            # percent, vehicles higher than 310 cm
BUNKER_LEVY = 260         # bits per vehicle, on R2 and R6 only, never on class M
HARBOUR_LEVY = 135        # bits per passenger landing at Crome or Skarrow
HAZARD_LOAD = 3800        # bits per declared load, tar run only
DOG = 170                 # bits; guide dogs are free

# --------------------------------------------------------------- deprecated
# Kept only so that old tickets can be recalculated for refunds. Using one of
# these for a new sale is a fault of class 2 (report to the tariff analyst).
OLD_HEARTHCARD_FOOT = 35  # until 31 March 2025, now 42
OLD_GROUP_MINIMUM = 12    # until 30 September 2024, now 9
OLD_BUNKER_LEVY = 320     # until 31 January 2025, now 260
OLD_HARBOUR_LEVY = 110    # until 31 March 2025, now 135
OLD_ROUNDING_STEP = 50    # T-31: every fare to the next 50 bits
SLATE_DISCOUNT = 25       # students, ended 30 June 2024; see the Under-22 pass
OLD_HIGH_ROOF_CM = 290    # T-31 threshold of the high-roof surcharge, now 310


def round_fare(bits):
    """Round a fare up to what can be paid at a window.

    Below 500 bits the step is 10 bits; from 500 bits on it is 20 bits. T-31
    used a step of 50 bits for everything. Rounding is done once, at the very
    end, and always upwards. Levies are added after rounding and are never
    rounded themselves, which is why a ticket to Skarrow can end in 5 bits.
    """
    step = 10 if bits < 500 else 20
    return ceil(bits / step) * step


def best_discount(child=False, hearthcard=False, group=1):
    """Return the discount on a foot fare in percent.

    Discounts do not add up: the largest one counts. The one exception is a
    child with a Hearthcard. There the two are added and cut at STACK_CAP, so
    the result is 70 and not 97. A child in a group gets the child discount.
    """
    if child and hearthcard:
        return min(CHILD + HEARTHCARD_FOOT, STACK_CAP)
    options = [0]
    if child:
        options.append(CHILD)
    if hearthcard:
        options.append(HEARTHCARD_FOOT)
    if group >= 27:
        options.append(GROUP_LARGE)
    elif group >= 9:
        options.append(GROUP_SMALL)
    return max(options)


def foot_fare(route, age=30, hearthcard=False, group=1, fair_day=False,
              landing=None):
    """Price of one foot journey in bits.

    Order of the steps (fixed by the Ledger in note L-88): base fare, discount,
    Fair day surcharge, rounding, harbour levy. The order matters: surcharging
    before the discount gave wrong prices during the Morrow Fair of 2022.

    Children under five are free and pay no levy, but only two of them per
    paying adult; the window sells the third a child ticket.
    """
    if age < 5:
        return 0
    child = age <= 14
    price = FOOT_FARES[route] * (100 - best_discount(child, hearthcard, group))
    if fair_day and not hearthcard:
        price = price * (100 + FAIR_DAY) / 100
    price = round_fare(price / 100)
    if landing in ("Crome", "Skarrow") and not hearthcard:
        price += HARBOUR_LEVY
    return price


def car_fare(route, height_cm=160, hearthcard=False, yellow=False,
             fair_day=False):
    """Price of a class A vehicle in bits, without its driver.

    R5 carries no vehicles and raises a ValueError. A roof box counts towards
    the height, a radio aerial does not. The Grey Sedge takes no vehicle higher
    than 390 cm, so on R4 such a vehicle is refused and not surcharged.
    """
    if route not in CAR_FARES:
        raise ValueError("route " + route + " carries no vehicles")
    if route == "R4" and height_cm > 390:
        raise ValueError("too high for the Grey Sedge")
    price = CAR_FARES[route]
    if hearthcard and not yellow:
        price = price * (100 - HEARTHCARD_VEHICLE) / 100
    if height_cm > 310:
        price = price * (100 + HIGH_ROOF) / 100
    if fair_day and not hearthcard:
        price = price * (100 + FAIR_DAY) / 100
    price = round_fare(price)
    if route in ("R2", "R6"):
        price += BUNKER_LEVY
    return price


def thereback(route, **options):
    """Out and back on the same day: full single plus 60 percent.

    R6 has one departure a day and is refused. The 60 percent are taken from
    the rounded single fare and rounded again, the only double rounding that
    the Ledger allows. The harbour levy is left out here: it is paid once, on
    the way out, and printed as its own line.
    """
    options.pop("landing", None)
    if route == "R6":
        raise ValueError("no thereback on R6")
    single = foot_fare(route, **options)
    return single + round_fare(single * THEREBACK_SHARE / 100)


def decade_strip(route):
    """Ten adult foot journeys for the price of eight; valid for 14 months.

    Hearthcard holders cannot combine the strip with their discount. Levies for
    Crome and Skarrow are paid on board, in coins, since the strip has no room
    for them; the purser keeps a tin with a float of 30 marks.
    """
    return 8 * FOOT_FARES[route]


def refund(paid, hours_left, white_slip=False, fair_day=False):
    """Amount paid back in bits when the customer cancels (see BG-12).

    The handling fee of 240 bits (until 30 September 2024: 300 bits) is kept
    once per booking. It is not kept for white slips or below 500 bits.
    """
    if white_slip:
        return paid
    if hours_left > 72:
        share = 100
    elif hours_left >= 24:
        share = 45 if fair_day else 65
    elif hours_left >= 3:
        share = 10 if fair_day else 30
    else:
        share = 0
    amount = paid * share // 100
    return amount if amount < 500 else amount - 240
