"""A metric of `/metrics`, made of the rows of a source."""

from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from orchestration.web.metrics.sources import Sources

UNITS = ("seconds", "ratio")


@dataclass(frozen=True, kw_only=True)
class Family:
    """A metric; `value` and `labels` are columns of the rows of its source."""

    name: str
    help: str
    source: str
    value: str
    labels: tuple[str, ...] = ()
    is_counter: bool = False

    def with_samples(self, sources: Sources) -> Metric:
        """The metric with a sample for each row whose value is not null."""
        unit = next((unit for unit in UNITS if self.name.endswith(f"_{unit}")), "")
        new_metric = CounterMetricFamily if self.is_counter else GaugeMetricFamily
        metric = new_metric(self.name, self.help, labels=self.labels, unit=unit)
        for row in sources.get(self.source, ()):
            if row[self.value] is not None:
                labels = [row[label] for label in self.labels]
                metric.add_metric(labels, float(row[self.value]))
        return metric


def counter(
    name: str, help: str, *, source: str, value: str, labels: tuple[str, ...] = ()
) -> Family:
    """A metric that only grows."""
    return Family(
        name=f"meta_ads_{name}",
        help=help,
        source=source,
        value=value,
        labels=labels,
        is_counter=True,
    )


def gauge(name: str, help: str, *, source: str, value: str, labels: tuple[str, ...] = ()) -> Family:
    """A metric that rises and falls."""
    return Family(name=f"meta_ads_{name}", help=help, source=source, value=value, labels=labels)
