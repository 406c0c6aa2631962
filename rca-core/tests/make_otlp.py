"""Lets the OpenTelemetry SDK of Python write one set of signals: make_otlp.py FOLDER

Makes FOLDER/{traces,metrics,logs} as `.jsonl` (the file exporter of OTLP/JSON), `.pb` (request bodies) and
`.framed` (several requests, each behind four bytes with its length, as the collector's file exporter writes them).
"""

import logging
import pathlib
import sys

from opentelemetry.exporter.otlp.json.file import FileMetricExporter, FileSpanExporter
from opentelemetry.exporter.otlp.json.file._log_exporter import FileLogExporter
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode


def resource(instance):
    return Resource.create({"service.name": "till", "service.instance.id": instance, "ports": [80, 443]})


def make_traces():
    memory = InMemorySpanExporter()
    provider = TracerProvider(resource=resource("a"))
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = provider.get_tracer("shop", "1.0")
    with tracer.start_as_current_span("POST /pay", kind=SpanKind.SERVER) as outer:
        outer.set_attribute("http.response.status_code", 503)
        outer.set_attribute("share", 0.25)
        outer.set_attribute("tags", ["a", "b\n\"c\""])
        with tracer.start_as_current_span("lookup", kind=SpanKind.CLIENT) as inner:
            try:
                raise KeyError("no stock \u00e9\U0001f600")
            except KeyError as error:
                inner.record_exception(error)
                inner.set_status(Status(StatusCode.ERROR, "upstream"))
    return list(memory.get_finished_spans())


def make_metrics():
    """Two instances, read twice each, in turns."""
    readers, taken = [], []
    for instance in ("a", "b"):
        reader = InMemoryMetricReader()
        exponential = View(instrument_name="wait", aggregation=ExponentialBucketHistogramAggregation())
        provider = MeterProvider([reader], resource=resource(instance), views=[exponential])
        meter = provider.get_meter("shop", "1.0")
        instruments = (
            meter.create_counter("orders"),
            meter.create_histogram("took", unit="s"),
            meter.create_up_down_counter("open"),
            meter.create_histogram("wait", unit="s"),
        )
        meter.create_observable_gauge("cpu", callbacks=[observe(instance)])
        readers.append((reader, instruments))
    for turn in range(3):
        for number, (reader, (orders, took, opened, wait)) in enumerate(readers):
            orders.add(10 + number, {"route": "/pay"})
            opened.add(1)
            for value in (0.01, 0.2, 3.0 * (turn + 1)):
                took.record(value)
                wait.record(value)
            taken.append(reader.get_metrics_data())
    return taken


def observe(instance):
    from opentelemetry.metrics import Observation

    return lambda options: [Observation({"a": 0.25, "b": 0.75}[instance])]


def make_logs():
    memory = InMemoryLogRecordExporter()
    provider = LoggerProvider(resource=resource("a"))
    provider.add_log_record_processor(SimpleLogRecordProcessor(memory))
    logger = logging.getLogger("shop.till")
    logger.addHandler(LoggingHandler(logger_provider=provider))
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.info("opened %s", "north", extra={"shift": 2})
    logger.error("no paper \"A4\"")
    try:
        raise ValueError("empty drawer")
    except ValueError:
        logger.exception("could not pay")
    return list(memory.get_finished_logs())


def write(folder, name, file_exporter, batches, encode):
    path = folder / f"{name}.jsonl"
    path.unlink(missing_ok=True)
    exporter = file_exporter(str(path))
    for batch in batches:
        exporter.export(batch)
    exporter.shutdown()
    messages = [encode(batch).SerializeToString() for batch in batches]
    # Requests behind one another are one request, by the rules of protobuf.
    (folder / f"{name}.pb").write_bytes(b"".join(messages))
    framed = b"".join(len(message).to_bytes(4, "big") + message for message in messages)
    (folder / f"{name}.framed").write_bytes(framed)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    spans = make_traces()
    write(folder, "traces", FileSpanExporter, [spans[:1], spans[1:]], encode_spans)
    write(folder, "metrics", FileMetricExporter, make_metrics(), encode_metrics)
    logs = make_logs()
    write(folder, "logs", FileLogExporter, [logs[:1], logs[1:]], encode_logs)


main()
