"""Memory and speed of ``biotk snp associations`` over a large table of summary statistics.

Run by hand, it takes a while::

    python tests/benchmarks/association_memory.py --rows 10000000

Writes a table in GWAS-SSF's columns, its places, alleles, effects and p-values those of real rows
of MRInstruments, its rsIDs all different; reads it as ``plain`` and writes the Parquet. Prints a
line of JSON each fifth of the rows, with the resident memory, and one at the end. Time is the
processor's, so that what else runs does not count.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from process_memory import smaps

from biotk.genomics.associations import Association, AssociationWriter
from biotk.genomics.readers.base import TableOptions
from biotk.genomics.reading import AssociationReader

REAL = Path("../shared/data/genomics/gwas_mrinstruments_2017-03.csv.gz")
HEADER = "chromosome\tbase_pair_location\teffect_allele\tbeta\tstandard_error\tp_value\trsid\tgene"


def iter_lines(real: Path, rows: int) -> Iterator[str]:
    """:returns: lines of a table of summary statistics."""
    with gzip.open(real, "rt", encoding="utf-8", newline="") as file:
        kept = [
            "\t".join(row[name] or "NA" for name in (
                "chr", "bp_ens_GRCh38", "effect_allele", "beta", "se", "pval",
            )) + "\trs{}\t" + row["gene"]
            for row in csv.DictReader(file)
        ]  # fmt: skip
    yield HEADER
    for number, line in enumerate(islice(cycle(kept), rows), start=1):
        yield line.format(number)


def watched(rows: Iterator[Association], each: int, started: float) -> Iterator[Association]:
    """:returns: the rows; the memory is told after each so many."""
    for done, row in enumerate(rows, start=1):
        yield row
        if done % each == 0:
            speed = round(done / (time.process_time() - started))
            report = {
                "rows": done,
                "rss_mb": round(smaps()["rss"], 1),
                "rows_per_cpu_second": speed,
            }
            print(json.dumps(report), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--real", type=Path, default=REAL)
    parser.add_argument("--folder", type=Path, help="where the tables are written")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        table, out = Path(folder, "big.tsv"), Path(folder, "big.parquet")
        with table.open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in iter_lines(arguments.real, arguments.rows))
        before, started = smaps()["rss"], time.process_time()
        reader = AssociationReader()
        rows = reader.read(table, options=TableOptions(trait="any", unit="sd", build="GRCh38"))
        with AssociationWriter(out) as writer:
            writer.write(watched(rows, max(arguments.rows // 5, 1), started))
            writer.info = reader.info
        seconds = time.process_time() - started
        report = {
            "rows": reader.report.rows, "kept": reader.report.kept,
            "cpu_seconds": round(seconds, 1),
            "table_mb": round(table.stat().st_size / 1e6, 1),
            "parquet_mb": round(out.stat().st_size / 1e6, 1),
            "rss_before_mb": round(before, 1), "rss_after_mb": round(smaps()["rss"], 1),
        }  # fmt: skip
        print(json.dumps(report))


if __name__ == "__main__":
    main()
