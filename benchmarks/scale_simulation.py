"""A cluster of up to 1,000 workers and ten million pictures, simulated from measured costs.

    python benchmarks/scale_simulation.py --photo PHOTO --record records/scale_simulation.csv

Measured here, in processor time: a picture in one worker, and the driver's work for a shard with
many other shards in progress in Ray. Each event is a shard handed out and marked by the only
driver, or a worker that dies and restarts. Limits of the store and the network are not simulated;
the table gives the number of requests to them.
"""

from __future__ import annotations

import argparse
import heapq
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from record import write_record

_REPEATS = 50


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

    The driver is one thread: a shard that is handed out and marked costs it `driver_s` and waits
    for those before. Shards differ (log-normal, sigma 0.3); workers die at random, lose their shard
    and take `start_s` to come back.
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
        driver_free = max(driver_free, now) + driver_s
        left += driver_free > now + driver_s
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


def picture_seconds(photo: Path, model: str, detector: str) -> float:
    """Return the processor's seconds of one picture in one worker."""
    from ferkit.scale.options import ScaleOptions
    from ferkit.scale.worker import Worker

    worker = Worker(ScaleOptions(model, detector), ".")
    list(worker.records(str(photo)))
    begun = time.process_time()
    for _ in range(_REPEATS):
        list(worker.records(str(photo)))
    return (time.process_time() - begun) / _REPEATS


def driver_seconds(ray: Any, under_way: int, part_size: int) -> float:
    """Return the driver's processor seconds of one shard, while others wait for their workers.

    Those are tasks that find no core, and the shard's worker answers at once.
    """
    from ferkit.scale.shards import Shard, ShardDone
    from ferkit.scale.store import Store

    class Idle:
        def run(self, shard: Shard) -> ShardDone:
            return ShardDone(shard.number, len(shard.sources), files=(shard.file_name,))

    def never() -> None:
        time.sleep(3600)

    shard = Shard(
        0, tuple(f"s3://bucket/pictures/{n // 1000:05d}/{n:09d}.jpg" for n in range(part_size))
    )
    actor = ray.remote(num_cpus=0)(Idle).remote()
    others = [ray.remote(num_cpus=1)(never).remote() for _ in range(under_way)]
    ray.get(actor.run.remote(shard))
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        begun = time.process_time()
        for _ in range(_REPEATS):
            answer = actor.run.remote(shard)
            (ready,), _ = ray.wait([*others, answer], num_returns=1)
            store.mark(ray.get(ready))
        store.flush()
        seconds = (time.process_time() - begun) / _REPEATS
    for other in others:
        ray.cancel(other, force=True)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photo", type=Path, required=True, help="a photo with a face")
    parser.add_argument("--model", default="nano-wild")
    parser.add_argument("--detector", default="yunet")
    parser.add_argument("--start", type=float, default=10.0, help="seconds a worker takes to start")
    parser.add_argument("--hours-to-death", type=float, default=24.0, help="mean of one worker")
    parser.add_argument("--pictures", type=int, default=10_000_000)
    parser.add_argument("--record", type=Path)
    arguments = parser.parse_args()
    from ferkit.scale.ray_engine import load_ray

    ray = load_ray()
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    a_picture = picture_seconds(arguments.photo, arguments.model, arguments.detector)
    rows = []
    for part_size in (50, 500, 5000):
        for workers in (1, 10, 100, 1000):
            driver = driver_seconds(ray, workers, part_size)
            costs = (a_picture, driver, arguments.start, arguments.hours_to_death)
            row = simulate(workers, arguments.pictures, part_size, *costs)
            row |= {
                "ms_a_picture": round(1000 * a_picture, 1),
                "driver_ms": round(1000 * driver, 2),
            }
            rows.append(row)
            print(*(f"{name}={value}" for name, value in row.items()), flush=True)
    ray.shutdown()
    if arguments.record:
        write_record(arguments.record, rows)


if __name__ == "__main__":
    main()
