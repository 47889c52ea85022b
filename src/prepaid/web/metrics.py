"""What is counted, in the format Prometheus reads."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

#: Kind (counter, gauge, or gauge_of_all: seen alike by every process), name, help, value or
#: values by class.
Reading = tuple[str, str, str, float | dict[str, float]]


class Readings(Collector):
    """Values that are read when asked, not counted along."""

    def __init__(self, read: Callable[[], Iterable[Reading]]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """One family per reading."""
        for kind, name, text, value in self._read():
            family = CounterMetricFamily if kind == "counter" else GaugeMetricFamily
            if isinstance(value, dict):
                labelled = family(name, text, labels=["class"])
                for label, one in value.items():
                    labelled.add_metric([label], one)
                yield labelled
            else:
                yield family(name, text, value=value)


class Metrics:
    """The metrics of this process."""

    def __init__(self, read: Callable[[], Iterable[Reading]]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(Readings(read))
        self._requests = Counter(
            "prepaid_http_requests",
            "Requests answered, by status",
            ["status"],
            registry=self._registry,
        )
        self._by_status: dict[int, Counter] = {}

    def answered(self, status: int) -> None:
        """Count one answer."""
        counter = self._by_status.get(status)
        if counter is None:
            counter = self._by_status[status] = self._requests.labels(str(status))
        counter.inc()

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self._registry)
