"""Lets pyarrow and polars write tables: make_tables.py FOLDER

The same two tables in every form: `wide` (a time, then a column a series) and `logs` (a time, a level, a service, a
message), and `odd`, whose names only a column map explains. Some files have codecs that are not read.
"""

import datetime
import pathlib
import sys

import polars
import pyarrow
import pyarrow.feather
import pyarrow.parquet

BEGIN = datetime.datetime(2026, 5, 4, 9, 0, tzinfo=datetime.timezone.utc)
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


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in (("wide", WIDE), ("logs", LOGS), ("odd", ODD)):
        table = pyarrow.table(columns)
        for codec in ("none", "snappy", "gzip", "lz4", "zstd", "brotli"):
            pyarrow.parquet.write_table(table, folder / f"{name}.{codec}.parquet", compression=codec)
        for codec in (None, "lz4", "zstd"):
            options = pyarrow.ipc.IpcWriteOptions(compression=codec)
            with pyarrow.ipc.new_file(folder / f"{name}.{codec}.arrow", table.schema, options=options) as file:
                file.write_table(table, max_chunksize=100)
            with pyarrow.ipc.new_stream(folder / f"{name}.{codec}.arrows", table.schema, options=options) as file:
                file.write_table(table)
        # Another writer, other types: milliseconds, categories, large texts, views.
        frame = polars.DataFrame(columns)
        first = frame.columns[0]
        frame = frame.with_columns(polars.col(first).dt.cast_time_unit("ms"))
        if "level" in frame.columns:
            frame = frame.with_columns(polars.col("level").cast(polars.Categorical))
        frame.write_parquet(folder / f"{name}.polars.parquet", compression="snappy")
        frame.write_ipc(folder / f"{name}.polars.arrow", compression="lz4")
        frame.write_ipc_stream(folder / f"{name}.polars.arrows")
        naive = frame.with_columns(polars.col(first).dt.replace_time_zone(None).dt.cast_time_unit("ns"))
        naive.write_parquet(folder / f"{name}.naive.parquet", compression="gzip")


main()
