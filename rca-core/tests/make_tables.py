"""Lets pyarrow and polars write tables: make_tables.py FOLDER

The same tables in every form: `wide` (a time, then a column a series), `logs` (a time, a level, a service, a message),
`odd`, whose names only a column map explains, and `types`, log records with an attribute of each type, all with the CSV
that they are beside them. Then `nested`, whose columns are no cells, and small files to be damaged.
"""

import csv
import datetime
import decimal
import pathlib
import sys

import polars
import pyarrow
import pyarrow.feather
import pyarrow.parquet

UTC = datetime.timezone.utc
BEGIN = datetime.datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
TIMES = [BEGIN + datetime.timedelta(seconds=10 * n) for n in range(3000)]
WIDE = {
    "time": TIMES,
    "pay_cpu": [float(n) for n in range(3000)],
    "pay_mem": list(range(3000)),
    "cart_cpu": [None if n == 7 else n / 4 for n in range(3000)],
    "cart_mem": [float("nan") if n == 9 else n / 8 for n in range(3000)],
}
LOGS = {
    "timestamp": TIMES[:4],
    "level": ["INFO", "ERROR", "WARN", "INFO"],
    "service": ["pay", "pay", "cart", "cart"],
    "message": ["opened", 'no "A4", only A5\n\tat shop.Printer', "caf\u00e9 \U0001f600", "closed"],
    "shift": [1, 2, None, 4],
}
ODD = {
    "event time": TIMES[:2],
    "component": ["pay", "cart"],
    "kpi": ["cpu", "cpu"],
    "reading": [0.5, 1.5],
}
ROWS = 700


def types():
    """Log records with a null in every attribute, now and then."""
    gap = lambda n, value: None if n % 7 == 3 else value
    column = lambda make, kind: pyarrow.array([gap(n, make(n)) for n in range(ROWS)], kind)
    time = lambda unit, zone: column(
        lambda n: (TIMES[n] + datetime.timedelta(seconds=1)).replace(tzinfo=UTC if zone else None), pyarrow.timestamp(unit, zone)
    )
    word = lambda n: "ein" * (n % 5) + f" word {n % 40}, or two"
    return pyarrow.table(
        {
            "timestamp": pyarrow.array(TIMES[:ROWS], pyarrow.timestamp("us", "Europe/Berlin")),
            "level": ["INFO"] * ROWS,
            "message": [f"line {n} of many" for n in range(ROWS)],
            "a.bool": column(lambda n: n % 3 == 0, pyarrow.bool_()),
            "a.int8": column(lambda n: n % 100 - 50, pyarrow.int8()),
            "a.uint8": column(lambda n: 255 - n % 100, pyarrow.uint8()),
            "a.int16": column(lambda n: -n, pyarrow.int16()),
            "a.uint32": column(lambda n: 2**32 - 1 - n, pyarrow.uint32()),
            "a.int64": column(lambda n: n * 10**15 * (-1) ** n, pyarrow.int64()),
            "a.uint64": column(lambda n: 2**64 - 1 - n, pyarrow.uint64()),
            "a.float": column(lambda n: n + 0.5, pyarrow.float32()),
            "a.double": column(lambda n: n + 0.1, pyarrow.float64()),
            "a.decimal": column(lambda n: decimal.Decimal(n - 300) / 100, pyarrow.decimal128(12, 2)),
            "a.wide": column(lambda n: decimal.Decimal(n) * 10**20, pyarrow.decimal128(38, 3)),
            "a.date": column(lambda n: TIMES[n].date(), pyarrow.date32()),
            "a.string": column(word, pyarrow.string()),
            "a.large": column(word, pyarrow.large_string()),
            "a.binary": column(lambda n: word(n).encode(), pyarrow.binary()),
            "a.category": column(lambda n: f"kind {n % 5}", pyarrow.string()).dictionary_encode(),
            "a.fixed": column(lambda n: bytes([200 + n % 50, 1, 2]), pyarrow.binary(3)),
            "a.seconds": time("s", "UTC"),
            "a.millis": time("ms", "UTC"),
            "a.nanos": time("ns", "UTC"),
            "a.naive": time("us", None),
            "a.null": pyarrow.nulls(ROWS),
        }
    )


def text(value):
    """A value as our CSV has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        if value.tzinfo:
            return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode() if value.isascii() and value.startswith((b"e", b" ")) else value.hex()
    return str(value)


def write_csv(table, path):
    columns = [table.column(name).to_pylist() for name in table.column_names]
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.column_names)
        for row in zip(*columns):
            writer.writerow([text(value) for value in row])


def write_ipc(table, folder, name, rows=100):
    for codec in (None, "lz4", "zstd"):
        options = pyarrow.ipc.IpcWriteOptions(compression=codec, emit_dictionary_deltas=True)
        with pyarrow.ipc.new_file(folder / f"{name}.{codec}.arrow", table.schema, options=options) as file:
            file.write_table(table, max_chunksize=rows)
        with pyarrow.ipc.new_stream(folder / f"{name}.{codec}.arrows", table.schema, options=options) as file:
            file.write_table(table, max_chunksize=10 * rows)
    old = pyarrow.ipc.IpcWriteOptions(use_legacy_format=True, metadata_version=pyarrow.ipc.MetadataVersion.V4)
    with pyarrow.ipc.new_file(folder / f"{name}.old.arrow", table.schema, options=old) as file:
        file.write_table(table)
    for codec in ("lz4", "zstd"):
        pyarrow.feather.write_feather(table, str(folder / f"{name}.{codec}.feather"), compression=codec)


def write_parquet(table, folder, name):
    write = lambda form, **options: pyarrow.parquet.write_table(table, folder / f"{name}.{form}.parquet", **options)
    for codec in ("none", "snappy", "gzip", "lz4", "zstd", "brotli"):
        write(codec, compression=codec)
    write("pages", compression="snappy", data_page_version="2.0", data_page_size=500, row_group_size=250)
    write("v2", compression="zstd", data_page_version="2.0", use_dictionary=False)
    write("plain", compression="gzip", use_dictionary=False, version="1.0")


def encodings(table, folder, name):
    """Every encoding that fits a column."""
    kind = lambda field: table.schema.field(field).type
    integers = [n for n in table.column_names if pyarrow.types.is_integer(kind(n)) or pyarrow.types.is_timestamp(kind(n))]
    texts = [n for n in table.column_names if pyarrow.types.is_string(kind(n)) or pyarrow.types.is_large_string(kind(n))]
    floats = [n for n in table.column_names if pyarrow.types.is_floating(kind(n))]
    for form, texts_as in (("delta", "DELTA_LENGTH_BYTE_ARRAY"), ("prefix", "DELTA_BYTE_ARRAY")):
        chosen = {n: "DELTA_BINARY_PACKED" for n in integers} | {n: texts_as for n in texts}
        chosen |= {n: "BYTE_STREAM_SPLIT" for n in floats}
        pyarrow.parquet.write_table(
            table,
            folder / f"{name}.{form}.parquet",
            use_dictionary=False,
            column_encoding=chosen,
            compression="snappy",
            data_page_version="1.0" if form == "delta" else "2.0",
        )


def write_polars(columns, folder, name):
    # Another writer, other types: milliseconds, categories, views.
    frame = polars.DataFrame(columns)
    first = frame.columns[0]
    frame = frame.with_columns(polars.col(first).dt.cast_time_unit("ms"))
    if "level" in frame.columns:
        frame = frame.with_columns(polars.col("level").cast(polars.Categorical))
    frame.write_parquet(folder / f"{name}.polars.parquet", compression="snappy")
    frame.write_parquet(folder / f"{name}.polars-zstd.parquet", compression="zstd")
    frame.write_ipc(folder / f"{name}.polars.arrow", compression="lz4")
    frame.write_ipc(folder / f"{name}.polars-zstd.arrow", compression="zstd")
    frame.write_ipc_stream(folder / f"{name}.polars.arrows")
    naive = frame.with_columns(polars.col(first).dt.replace_time_zone(None).dt.cast_time_unit("ns"))
    naive.write_parquet(folder / f"{name}.naive.parquet", compression="gzip")


def write_nested(folder):
    table = pyarrow.table(
        {
            "timestamp": TIMES[:3],
            "labels": pyarrow.array([[("a", "b")], [], None], pyarrow.map_(pyarrow.string(), pyarrow.string())),
            "service": ["pay", "pay", "cart"],
            "tags": pyarrow.array([["x", "y"], None, []], pyarrow.list_(pyarrow.string())),
            "where": pyarrow.array([{"host": "h", "port": 1}] * 3),
            "views": pyarrow.array([["a text that is long enough"]] * 3, pyarrow.list_(pyarrow.string_view())),
            "clock": pyarrow.array([datetime.time(9)] * 3, pyarrow.time64("us")),
            "message": ["opened", "torn", "closed"],
            "shift": [1, 2, 3],
        }
    )
    write_ipc(table, folder, "nested")
    parquet = table.drop_columns(["views"])
    for codec in ("snappy", "zstd"):
        pyarrow.parquet.write_table(parquet, folder / f"nested.{codec}.parquet", compression=codec)
    pyarrow.parquet.write_table(table.select(["tags"]), folder / "lists.snappy.parquet")


def write_small(folder):
    """Files of a few kilobytes, to be damaged: every type and encoding, few rows."""
    folder.mkdir(exist_ok=True)
    table = types().slice(0, 5)
    views = pyarrow.array([f"a text beyond the view, {n}" for n in range(5)], pyarrow.string_view())
    whole = table.append_column("a.view", views)
    write_csv(whole, folder / "all.csv")
    write_ipc(whole, folder, "all", rows=3)
    half = table.select(["timestamp", "level", "message", "a.bool", "a.double", "a.category", "a.decimal"])
    write_csv(half, folder / "half.csv")
    write_parquet(half, folder, "half")
    encoded = table.select(["timestamp", "message", "a.string", "a.float", "a.int64", "a.int16"])
    write_csv(encoded, folder / "encoded.csv")
    encodings(encoded, folder, "encoded")
    wide = {name: column[:6] for name, column in WIDE.items()}
    write_csv(pyarrow.table(wide), folder / "wide.csv")
    write_polars(wide, folder, "wide")
    for refused in folder.glob("*.brotli.parquet"):
        refused.unlink()


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in (("wide", WIDE), ("logs", LOGS), ("odd", ODD)):
        table = pyarrow.table(columns)
        write_csv(table, folder / f"{name}.csv")
        write_parquet(table, folder, name)
        encodings(table, folder, name)
        write_ipc(table, folder, name)
        write_polars(columns, folder, name)
    table = types()
    write_csv(table, folder / "types.csv")
    write_parquet(table, folder, "types")
    encodings(table, folder, "types")
    views = [name for name in table.column_names if pyarrow.types.is_string(table.schema.field(name).type)]
    for name in views:
        at = table.column_names.index(name)
        table = table.set_column(at, name, table.column(name).cast(pyarrow.string_view()))
    write_ipc(table, folder, "types")
    times = types().select(["timestamp", "message"])
    write_csv(times, folder / "times.csv")
    pyarrow.parquet.write_table(times, folder / "times.int96.parquet", use_deprecated_int96_timestamps=True)
    write_nested(folder)
    write_small(folder / "small")


main()
