"""`python -m tests.benchmarks`: figures as ratios against a named baseline of the same run."""

from tests.benchmarks import core, imports, intake, platform, restating, scores

if __name__ == "__main__":
    for benchmark in (core, scores, intake, restating, imports, platform):
        benchmark.run()
