"""``biotk snp genes``: where genes lie, where they are expressed, and what they go with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biotk.cli.output import say


def genes_cli(
    package: Annotated[
        Path,
        typer.Argument(metavar="PACKAGE", help="What npm pack ideogram@1.53.0 downloads (CC0)."),
    ],
    hgnc: Annotated[
        Path, typer.Option(help="HGNC's table of genes, with the column Locus type; .gz too.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write both tables to.")],
) -> None:
    """Make a gene table and a table of relations between genes for biotk train generel.

    Of genes that make a protein: where they lie (Ensembl, GRCh38) and the tissues in which they are
    expressed most (GTEx), as genes.tsv.gz; paralogs (Ensembl), and what stands together in a
    pathway (WikiPathways), as gene_relations.parquet. A gene table of one's own needs no command:
    docs/generel.md says what is in it.

    For example:

    biotk snp genes ideogram-1.53.0.tgz --hgnc hgnc_entries.tsv.gz --out data
    """
    from biotk.genomics.gene_data import make_gene_data

    out.mkdir(parents=True, exist_ok=True)
    genes, relations = out / "genes.tsv.gz", out / "gene_relations.parquet"
    made = make_gene_data(package, hgnc, genes, relations)
    say(f"{made.genes:,} genes, {made.relations:,} relations")
    typer.echo(str(genes))
    typer.echo(str(relations))
