"""Rotor limits of Tarnvoke Separation Works (module version 5.2).

Owner: Rotor Office, Wenna Askerdale.  Released 17 March 2025.
Only the Rotor Office may change a number in this module.  A change needs
two signatures: that of the Rotor Office lead and that of the Quality lead
(Isolde Kemmery).  For a carbon rotor the Managing Director signs as well.

If a number here differs from the service manual SM-12, from a data sheet or
from the price list, the number here is right.  The firmware of the Orrelin 62
takes its table from this module; the Quillet 9 has its own printed copy in
the chip and needs firmware 3.9 to know version 5.2.

History
-------
5.2  17 March 2025      Merlin 18,900 rpm (was 19,400) after IR-2025-03.
                        Age derating in two stages (was one flat stage).
5.1  2 December 2024    Wren life 31,000 cycles (was 34,000).
5.0  8 July 2024        Reference density 1.24 g/mL (was 1.21).
                        Rounding always downwards (was to the nearest 50).
4.6  30 October 2023    Thrush Mk 1 (TVR-2306) withdrawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

# --------------------------------------------------------------------------
# General constants
# --------------------------------------------------------------------------

#: Density in g/mL up to which no density derating is made.  It was 1.21
#: until version 4.6.  The higher value rests on the burst tests of spring
#: 2024 in Dunmarrow, in which 37 old rotors were destroyed.
REFERENCE_DENSITY = 1.24

#: Above this density (g/mL) no speed is given at all; the customer must ask
#: the Rotor Office, which answers within 6 working days.
HIGHEST_DENSITY = 1.87

#: Age derating: (share of life used, reduction of the speed).
#: Below 70 percent there is no reduction.
AGE_STAGES = ((0.70, 0.06), (0.90, 0.11))

#: Deprecated since 5.2.  One flat reduction of 8 percent from 80 percent of
#: life.  Kept only so that cycle books from before 17 March 2025 can be
#: recomputed; never use it for a new permission.
OLD_AGE_START = 0.80
OLD_AGE_REDUCTION = 0.08

#: A mixed load, that is one with more than one kind of adaptor in the same
#: rotor, costs 350 rpm.  The deduction comes after the age derating and
#: before the rounding.  It does not apply to the Thrush, whose buckets were
#: tested with mixed loads from the beginning.
MIXED_LOAD_DEDUCTION = 350

#: Results below this speed are refused, because the imbalance switch is
#: blind there.
LOWEST_SPEED = 700

#: Rounding step in rpm by machine; always round down.
ROUNDING_STEP = {"OR40": 50, "OR62": 50, "QL9": 100}

#: A wash in the autoclave counts as this many cycles.  Only the Wren and the
#: Wren Plus may be autoclaved at all, at 121 degrees C for at most 18 minutes.
CYCLES_PER_AUTOCLAVE = 3

#: A run shorter than this many seconds at set speed counts as half a cycle.
#: Two such runs on the same day count as one whole cycle.
SHORT_RUN_SECONDS = 140

#: If the cycle book is lost, the rotor is given this share of its life as
#: used, or the share that follows from its age in years, whichever is more.
LOST_BOOK_SHARE = 0.75


@dataclass(frozen=True)
class Rotor:
    """One rotor type.

    ``limit`` is the speed in rpm for a new rotor at the reference density.
    ``radius`` is the largest radius in mm.  ``life`` is in cycles.
    ``years`` is a limit of age, or None if the cycles alone decide.
    """

    number: str
    bird: str          # the house name; every rotor is named after a bird
    machine: str
    places: str
    limit: int
    radius: int
    life: int
    years: int | None = None


ROTORS = {
    r.bird: r
    for r in (
        Rotor("TVR-1704", "Lark", "OR40", "8 x 50 mL", 12_850, 97, 18_400),
        # The Thrush Mk 2 may run without its wind lid up to 2,900 rpm only.
        Rotor("TVR-2310", "Thrush", "OR40", "4 x 180 mL", 4_650, 163, 27_500),
        # Merlin: 19,400 rpm until 5.1.  Rotors with a serial number below
        # M-0300 have the narrow hub and are limited to 17,600 rpm.
        Rotor("TVR-3102", "Merlin", "OR62", "6 x 85 mL", 18_900, 104, 11_200, 9),
        Rotor("TVR-3806", "Plover", "OR62", "4 x 640 mL", 5_350, 206, 22_600),
        # Wren: life 34,000 cycles until 5.0.
        Rotor("TVR-4401", "Wren", "QL9", "24 x 2 mL", 15_600, 84, 31_000),
        Rotor("TVR-4407", "Wren Plus", "QL9", "30 x 2 mL", 14_250, 89, 26_500),
        # Dunlin is carbon.  Seven years or the cycles, whichever comes first.
        # A Dunlin that has been dropped is retired, however low the fall.
        Rotor("TVR-5203", "Dunlin", "OR62", "6 x 250 mL", 11_450, 141, 14_700, 7),
    )
}

#: Withdrawn rotors and what replaces them.  A withdrawn rotor gets no speed.
WITHDRAWN = {
    "TVR-2306": "TVR-2310",   # Thrush Mk 1, cracks in the bucket pins
    "TVR-1701": "TVR-1704",   # first Lark, lid thread too short
    "TVR-3805": None,         # Plover with 5 places; no replacement
}

#: Narrow-hub Merlins (serial number below 300).
NARROW_HUB_LIMIT = 17_600
NARROW_HUB_BELOW = 300


class NoSpeed(Exception):
    """No speed can be given; the text says who must be asked."""


def density_factor(density: float) -> float:
    """Return the factor for a sample density in g/mL.

    1.0 up to the reference density, then the square root of the reference
    density divided by the density.  Caesium and rubidium salts are never
    computed: they go to the Rotor Office whatever their density.
    """
    if density > HIGHEST_DENSITY:
        raise NoSpeed("ask the Rotor Office: density too high")
    if density <= REFERENCE_DENSITY:
        return 1.0
    return math.sqrt(REFERENCE_DENSITY / density)


def age_factor(rotor: Rotor, cycles: float, bought: date, today: date) -> float:
    """Return the factor for age.

    The share of life is the larger of cycles/life and years/limit.  The date
    that counts is the day of delivery to the customer, not that of making.
    A depot loan rotor (DLR) always gets the first stage at least, even when
    it is new, because its history is shared by several users.
    """
    share = cycles / rotor.life
    if rotor.years is not None:
        share = max(share, (today - bought).days / 365.25 / rotor.years)
    if share >= 1.0:
        raise NoSpeed("retire the rotor: drill it and send the picture")
    reduction = 0.0
    for start, value in AGE_STAGES:
        if share >= start:
            reduction = value
    return 1.0 - reduction


def allowed_speed(
    bird: str,
    density: float,
    cycles: float,
    bought: date,
    today: date,
    serial: int | None = None,
    mixed: bool = False,
    loan: bool = False,
) -> int:
    """Return the allowed speed in rpm.

    The order is fixed and was agreed with Quality on 26 June 2024: density
    first, then age, then the mixed load, then rounding.  Doing the age first
    gives the same product but the wrong paper trail, and an auditor in 2024
    counted it as a finding.
    """
    rotor = ROTORS[bird]
    limit = rotor.limit
    if bird == "Merlin" and serial is not None and serial < NARROW_HUB_BELOW:
        limit = NARROW_HUB_LIMIT
    speed = limit * density_factor(density)
    factor = age_factor(rotor, cycles, bought, today)
    if loan:
        factor = min(factor, 1.0 - AGE_STAGES[0][1])
    speed *= factor
    if mixed and bird != "Thrush":
        speed -= MIXED_LOAD_DEDUCTION
    step = ROUNDING_STEP[rotor.machine]
    result = int(speed // step) * step
    if result < LOWEST_SPEED:
        raise NoSpeed("below 700 rpm: refused")
    return result


def quiet_run_speed(bird: str) -> int:
    """Speed of the quiet run: 40 percent of the limit, rounded down.

    It was 35 percent before manual SM-12 Revision G.  The Dunlin is the
    exception: its quiet run is made at 3,700 rpm, since it hums against the
    saddle between 4,200 and 4,900 rpm.
    """
    if bird == "Dunlin":
        return 3_700
    rotor = ROTORS[bird]
    step = ROUNDING_STEP[rotor.machine]
    return int(rotor.limit * 0.40 // step) * step
