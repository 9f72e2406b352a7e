"""Level control of the reservoirs.

The controller keeps each reservoir between its two switching levels. It starts a pump when the level falls below the
lower one and stops it when the level rises above the upper one.
"""

from dataclasses import dataclass

SAMPLE_SECONDS = 30
"""The level is read every 30 seconds; a shorter interval made the pumps start too often."""


@dataclass
class Reservoir:
    """A tank with a level sensor and up to two pumps.

    Levels are in metres above the floor of the tank. The overflow lies at 6.2 m in all three stations.
    """

    name: str
    lower: float = 3.0
    upper: float = 5.6
    level: float = 0.0
    pumps_on: int = 0


def pumps_wanted(tank: Reservoir) -> int:
    """How many pumps should run for the present level.

    One pump runs below the lower switching level. The second pump is added only when the level has fallen half a
    metre below that, because two pumps together trip the breaker of Mill Lane if they start at the same time.
    """
    if tank.level > tank.upper:
        return 0
    if tank.level < tank.lower - 0.5:
        return 2
    if tank.level < tank.lower:
        return max(tank.pumps_on, 1)
    return tank.pumps_on


def mean_level(readings: list[float]) -> float:
    """The mean of the readings without the highest and the lowest, so that one faulty reading does no harm.

    Raises ValueError for fewer than three readings.
    """
    if len(readings) < 3:
        raise ValueError("at least three readings are needed")
    kept = sorted(readings)[1:-1]
    return sum(kept) / len(kept)
