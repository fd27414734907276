"""The release that a file names itself, and what a build makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from biotk.cli import app
from biotk.kb import open_kb
from biotk.kb.readers import sniff_format
from biotk.kb.readers.release import release_of

OBO = "format-version: 1.2\n{}\n[Term]\nid: HP:1\nname: fever\ndata-version: none\n"
GRAPH = '{{"graphs": [{{"id": "x", "meta": {{{}}}, "nodes": [{{"id": "http://purl.obolibrary.org/obo/HP_1", "lbl": "fever", "type": "CLASS", "meta": {{"version": "no"}}}}]}}]}}'  # noqa: E501
MESH = (
    '<?xml version="1.0"?>\n{}<DescriptorRecordSet LanguageCode = "eng">\n</DescriptorRecordSet>\n'
)
ICD = "<ICD10CM.tabular>{}<chapter><name>1</name><version>9</version></chapter></ICD10CM.tabular>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (OBO.format("data-version: hp/releases/2026-02-16"), "2026-02-16"),
        (OBO.format("data-version: releases/2016-03-04/doid.obo"), "2016-03-04"),
        (OBO.format("data-version:4.1"), "4.1"),
        (OBO.format("data-version: http://x.org/releases/v7"), "v7"),
        (OBO.format("date: 04:03:2016"), ""),
        (GRAPH.format('"version": "http://x.org/hp/releases/2026-02-16/hp.json"'), "2026-02-16"),
        (
            GRAPH.format(
                '"basicPropertyValues": [{"pred": "http://www.w3.org/2002/07/owl#versionInfo",'
                ' "val": "2025-01-02"}]'
            ),
            "2025-01-02",
        ),
        (GRAPH.format(""), ""),
        (
            MESH.format(
                '<!DOCTYPE DescriptorRecordSet SYSTEM "https://www.nlm.nih.gov/databases/dtd/'
                'nlmdescriptorrecordset_20260101.dtd">\n'
            ),
            "2026",
        ),
        (MESH.format(""), ""),
        (ICD.format("<version> 2026 </version>"), "2026"),
        (ICD.format(""), ""),
        ("id,name\nK1,data-version: 3\n", ""),
    ],
)
def test_release_is_read_where_the_file_tells_it(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "source"
    path.write_text(text, encoding="utf-8")
    assert release_of(path, sniff_format(path)) == expected


def test_release_of_a_folder_is_not_known(tmp_path: Path) -> None:
    assert release_of(tmp_path, "umls-rrf") == ""


@pytest.mark.parametrize(
    ("options", "expected"), [([], "2026-02-16"), (["--release", "mine"], "mine")]
)
def test_build_takes_the_release_from_the_file_if_none_is_given(
    tmp_path: Path, options: list[str], expected: str
) -> None:
    path = tmp_path / "hp.obo"
    path.write_text(OBO.format("data-version: hp/releases/2026-02-16"), encoding="utf-8")
    runner = CliRunner()
    out = tmp_path / "kb"
    assert runner.invoke(app, ["kb", "build", str(path), "-o", str(out), *options]).exit_code == 0
    assert [source.release for source in open_kb(out).manifest.sources] == [expected]
    assert expected in runner.invoke(app, ["kb", "info", str(out)]).stdout


@pytest.mark.data
@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("hpo/hp_2026-02-16.obo.gz", "2026-02-16"),
        ("doid/doid_2016-03-04.obo.gz", "2016-03-04"),
        ("icd10cm/icd10cm_tabular_2026-04.xml.gz", "2026"),
    ],
)
def test_release_of_real_files(shared_data: Path, file: str, expected: str) -> None:
    path = shared_data / "kb" / file
    assert release_of(path, sniff_format(path)) == expected
