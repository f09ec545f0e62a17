"""Samples of `/metrics`, by their names and labels."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics

Samples = Mapping[str, Mapping[tuple[tuple[str, str], ...], float]]
"""Values by the name of the sample and its labels."""


def samples_of(text: str, parse: Callable[[str], Any] = open_metrics) -> Samples:
    samples: dict[str, dict[tuple[tuple[str, str], ...], float]] = defaultdict(dict)
    for family in parse(text):
        for sample in family.samples:
            samples[sample.name][tuple(sorted(sample.labels.items()))] = sample.value
    return samples


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[f"meta_ads_{name}"][tuple(sorted(labels.items()))]


def by(samples: Samples, name: str, label: str, **labels: str) -> dict[str, float]:
    """The values by one label, of the samples with these other labels."""
    return {
        dict(key)[label]: value
        for key, value in samples[f"meta_ads_{name}"].items()
        if labels.items() <= dict(key).items()
    }
