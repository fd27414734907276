"""A wheel, a recipe and the embedded KB that they give, all of a few invented rows."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

DESCRIPTORS = """\
D000001\tHeart Diseases\tCardiac Diseases\tC14.280
D000002\tHeart Failure\tCardiac Failure\tC14.280.434
D000003\tFurosemide\t\tD02.886
D000004\tCervix Uteri\tCervix\tA05.360
D000005\tBreast Neoplasms\t\tC04.588
D000006\tProteins\t\tD12.776
D000007\tWarfarin\t\tD03.383
"""
SUPPLEMENTARY = """\
C000001\ttizanidine\t1-(2,3-dichlorophenyl)-4-(5-methyl-1,3-oxazolyl)ethanone\tD000003
C000002\t1-(2,3-dichlorophenyl)-4-butane\t\tD000003
C000003\tchymotoxin\t\tD000006
C000004\tfibamab\t\tD000006
C000005\tLY 274614\t\tD000003
C000006\tmyxo 2 acid\t\tD000003
C000007\tyeti syndrome\t\tD000001
C000008\tgreen frog\t\tD000004
"""
MONDO = [
    {"id": "0700096", "name": "human disease", "namespace": "mondo"},
    {"id": "0000001", "name": "cardiac failure", "namespace": "mondo",
     "relations": {"is_a": ["0700096"]}, "synonyms": ["CHF", "weak heart", "Cervix"],
     "xrefs": [{"namespace": "MESH", "id": "D000002"}, {"namespace": "OMIM", "id": "100001"}]},
    {"id": "0000002", "name": "breast cancer", "namespace": "mondo",
     "relations": {"is_a": ["0700096"]}, "synonyms": ["cancer of the breast"]},
    {"id": "0000003", "name": "hydrocele", "namespace": "mondo",
     "relations": {"is_a": ["0000009"]}, "synonyms": ["HYD", "water sac"]},
    {"id": "0000004", "name": "left out", "namespace": "mondo",
     "relations": {"is_a": ["0700096"]}, "xrefs": [{"namespace": "MESH", "id": "D000001"},
                                                   {"namespace": "MESH", "id": "D000005"}]},
    {"id": "0000005", "name": "dog mange", "namespace": "mondo"},
    {"id": "0000009", "name": "yeti syndrome susceptibility", "namespace": "mondo",
     "relations": {"is_a": ["0000001"]}},
]  # fmt: skip
HGNC = """\
HGNC ID\tApproved symbol\tApproved name\tStatus\tAlias symbols\tNCBI Gene ID(supplied by NCBI)
HGNC:1\tWEAK1\tweakness gene 1\tApproved\tCHF, WK, Cervix\t77
"""
UNII = """\
Name\tTYPE\tUNII\tDisplay Name
FUROSEMIDE\tof\tAAA\tFUROSEMIDE
LASIX\tbn\tAAA\tFUROSEMIDE
COUMADIN\tbn\tBBB\tWARFARIN SODIUM
WARFARIN POTASSIUM\tof\tCCC\tWARFARIN POTASSIUM
FOCUS\tbn\tDDD\tPESTICIDOL
"""
SHORTHAND = "concept_id\tname\tsynonyms\nMESH:D000002\tHeart Failure\tHFx|bad pump\n"

RECIPE = """
name = "tiny"
[[packages]]
name = "pack"
version = "1.0"
file = "pack-1.0-py3-none-any.whl"
sha256 = "{sha256}"
[table]
file = "concepts.jsonl.gz"
[[sources]]
id = "d"
vocabulary = "MeSH"
member = "pack/desc.tsv"
format = "mesh-tsv"
release = "2024"
licence = "NLM"
steps = [{{ step = "keep-types", types = ["Disease", "Chemical"], remember = true }}]
[[sources]]
id = "s"
vocabulary = "MeSH"
member = "pack/supp.tsv"
format = "mesh-tsv"
companion = "d"
release = "2024"
licence = "NLM"
[[sources.steps]]
step = "keep-types"
types = ["Disease", "Chemical"]
[[sources.steps]]
step = "keep-drugs"
proteins = ["MESH:D000006"]
biologics = '[a-z]+mab'
plain = '[a-z]+'
code = '[A-Z]+ \\d+'
systematic = '\\(|,'
registries = [{{ member = "pack/registry.tsv", column = 1 }}]
id_prefix = "MESH"
[[sources.steps]]
step = "drop-synonyms"
of_type = "Chemical"
longer_than = 30
[[sources]]
id = "f"
vocabulary = "FDA"
member = "pack/unii.tsv"
format = "unii-names"
release = "1"
licence = "free"
[[sources.steps]]
step = "merge-twins"
prefix = "MESH"
type = "Chemical"
ignore = ["sodium"]
keep_rest = false
[[sources]]
id = "own"
vocabulary = "BioTK"
member = "./shorthand.tsv"
format = "table"
release = "1"
licence = "Apache-2.0"
steps = [{{ step = "add-names" }}]
[[sources]]
id = "m"
vocabulary = "MONDO"
member = "pack/mondo.json"
format = "indra-json"
release = "1"
licence = "CC BY 4.0"
[[sources.steps]]
step = "keep-below"
ids = ["MONDO:0700096"]
[[sources.steps]]
step = "drop-synonyms"
not_outside = true
[[sources.steps]]
step = "keep-xrefs"
prefixes = ["MESH", "OMIM"]
[[sources.steps]]
step = "merge-twins"
prefix = "MESH"
type = "Disease"
[[sources.steps]]
step = "drop-concepts"
named = "susceptib"
[[sources.steps]]
step = "drop-synonyms"
acronyms = true
[[sources]]
id = "h"
vocabulary = "HGNC"
member = "pack/hgnc.tsv"
format = "hgnc-tsv"
release = "1"
licence = "free"
[[sources.steps]]
step = "drop-synonyms"
shorter_than = 3
not_outside = true
not_inside = ["Disease"]
"""


def make_wheel(folder: Path) -> str:
    """Write the wheel. :returns: its checksum."""
    path = folder / "pack-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {
            "desc.tsv": DESCRIPTORS,
            "supp.tsv": SUPPLEMENTARY,
            "registry.tsv": "1\tC000006\n2\tC000002\n",
            "mondo.json": json.dumps(MONDO),
            "hgnc.tsv": HGNC,
            "unii.tsv": UNII,
        }.items():
            archive.writestr(f"pack/{name}", text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make_recipe(folder: Path, sha256: str) -> Path:
    """Write the recipe, and what stands beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shorthand.tsv").write_text(SHORTHAND, encoding="utf-8")
    path = folder / "recipe.toml"
    path.write_text(RECIPE.format(sha256=sha256), encoding="utf-8")
    return path


def make_embedded(root: Path) -> Path:
    """Make a checkout with ``kb/tiny``, its table compiled. :returns: the recipe."""
    from biotk.kb.recipes import compile_recipe, read_recipe

    packages = root / "packages"
    packages.mkdir(parents=True)
    path = make_recipe(root / "kb" / "tiny", make_wheel(packages))
    recipe = read_recipe(path)
    info = compile_recipe(recipe, packages=packages, out=recipe.table_path).info
    old = '[table]\nfile = "concepts.jsonl.gz"\n'
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, info.to_toml()), encoding="utf-8")
    return path
