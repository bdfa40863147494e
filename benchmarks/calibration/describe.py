"""Describe a made-up community: its size, how results repeat, who is in it, what was planted.

python -m benchmarks.calibration.describe [--learners 2500] [--schools 0.2]
"""

from __future__ import annotations

import argparse
from time import perf_counter

import numpy as np

from benchmarks.calibration import truth
from benchmarks.calibration.worlds import DEFAULT_GROUP, Plant, make


def main() -> None:
    """Print a description of one community with one hurdle."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learners", type=int, default=2500)
    parser.add_argument("--schools", type=float, default=0.0)
    parser.add_argument("--layout", choices=["pathway", "mixed"], default="pathway")
    parser.add_argument("--repetition", choices=list(truth.REPETITIONS), default="strong")
    parser.add_argument("--seed", type=int, default=1)
    options = vars(parser.parse_args())
    rng = np.random.default_rng(options.pop("seed"))
    start = perf_counter()
    world = make(rng, plants=[Plant("reading", DEFAULT_GROUP)], **options)
    print(f"{world.journeys!r} in {perf_counter() - start:.2f} s")

    results, places = world.journeys.results, world.journeys.places
    print(f"missing: {1 - len(results) / (3 * len(places)):.1%} of results")
    print("years seen:", places.groupby("learner").size().value_counts(normalize=True).to_dict())
    shares = results.groupby("measure")["success"].mean()
    print("succeed:", {name: round(float(one), 2) for name, one in shares.items()})
    own, other = truth.repeats(results)
    print(f"correlation of two results: same measure {own:.2f}, two measures {other:.2f}")
    print("results at each school:", results["provider_id"].value_counts(sort=False).to_dict())

    groups = world.journeys.groups()["group"].value_counts() / options["learners"]
    print("\n".join(f"{share:6.1%} {name}" for name, share in groups.items()))
    for one in world.truth:
        seen = truth.gap(one.rows, results, results["success"].to_numpy(dtype=float))
        print(f"{one.plant}: {one.rows.sum()} results")
        print(f"true gap {100 * one.gap:.1f} points, observed {100 * seen:.1f}")


if __name__ == "__main__":
    main()
