r"""A cluster of up to 1,000 workers and ten million pictures, simulated from measured costs.

    python benchmarks/scale_simulation.py --seconds-a-picture 0.012 --driver-ms 2 \
        --record records/scale_simulation.csv

Each event is a shard handed out or done by the one driver, or a worker that dies and starts again.
What is not simulated: the store's own limits and the network; the table says how many requests they
would see.
"""

from __future__ import annotations

import argparse
import heapq
import random
from pathlib import Path

from record import write_record


def simulate(
    workers: int,
    pictures: int,
    part_size: int,
    seconds_a_picture: float,
    driver_s: float,
    start_s: float,
    hours_to_death: float,
    seed: int = 0,
) -> dict[str, object]:
    """Return what a run of `pictures` on `workers` would take.

    The driver is one thread: each hand-out and each mark costs `driver_s` and waits for those
    before. Shards differ (log-normal, sigma 0.3); workers die at random, lose their shard and
    take `start_s` to come back.
    """
    rng = random.Random(seed)
    shards = -(-pictures // part_size)
    driver_free = busy = 0.0
    deaths = left = 0
    # Heap of (time, worker is free); all start at once.
    events = [(start_s * rng.uniform(0.8, 1.2), number) for number in range(workers)]
    heapq.heapify(events)
    waiting, end = shards, 0.0
    while waiting:
        now, worker = heapq.heappop(events)
        driver_free = max(driver_free, now) + 2 * driver_s
        left += driver_free > now + 2 * driver_s
        work = part_size * seconds_a_picture * rng.lognormvariate(-0.045, 0.3)
        death = rng.expovariate(1 / (hours_to_death * 3600))
        if death < work:
            deaths += 1
            heapq.heappush(events, (driver_free + death + start_s, worker))
            continue
        waiting -= 1
        busy += work
        end = max(end, driver_free + work)
        heapq.heappush(events, (driver_free + work, worker))
    ideal = pictures * seconds_a_picture / workers
    return {
        "workers": workers,
        "pictures": pictures,
        "part_size": part_size,
        "hours": round(end / 3600, 3),
        "efficiency": round(ideal / end, 3),
        "waited_for_driver": round(left / shards, 3),
        "deaths": deaths,
        "parts": shards,
        "parts_a_second": round(shards / end, 2),
        "manifest_files": manifest_files(end),
        "reads_a_second": round(pictures / end, 1),
    }


def manifest_files(seconds: float) -> int:
    """Return how often marks are written in so many seconds, as `ferkit.scale.store` does."""
    count, wait, spent = 1, 2.0, 0.0
    while wait < 60 and spent < seconds:
        count, spent, wait = count + 1, spent + wait, wait * 1.1
    return count + int(max(seconds - spent, 0) / 60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds-a-picture", type=float, required=True, help="measured, one core")
    parser.add_argument("--driver-ms", type=float, required=True, help="measured, of one shard")
    parser.add_argument("--start", type=float, default=10.0, help="seconds a worker takes to start")
    parser.add_argument("--hours-to-death", type=float, default=24.0, help="mean of one worker")
    parser.add_argument("--pictures", type=int, default=10_000_000)
    parser.add_argument("--record", type=Path)
    arguments = parser.parse_args()
    rows = []
    for part_size in (50, 500, 5000):
        for workers in (1, 10, 100, 1000):
            row = simulate(
                workers,
                arguments.pictures,
                part_size,
                arguments.seconds_a_picture,
                arguments.driver_ms / 1000,
                arguments.start,
                arguments.hours_to_death,
            )
            rows.append(row | {"seconds_a_picture": arguments.seconds_a_picture})
            print(row)
    if arguments.record:
        write_record(arguments.record, rows)


if __name__ == "__main__":
    main()
