"""NLM's semantic types: their groups, and the types that BioTK calls them by.

Three tables to read and to change. A concept has BioTK's types first, then its TUIs, so that
``Disease`` selects it as well as ``T047``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from biotk.errors import UnknownNameError

#: Semantic group → its name, and BioTK's type for what is in it.
GROUPS = {
    "ACTI": ("Activities & Behaviors", "Activity"),
    "ANAT": ("Anatomy", "Anatomy"),
    "CHEM": ("Chemicals & Drugs", "Chemical"),
    "CONC": ("Concepts & Ideas", "Idea"),
    "DEVI": ("Devices", "Device"),
    "DISO": ("Disorders", "Disease"),
    "GENE": ("Genes & Molecular Sequences", "SequenceFeature"),
    "GEOG": ("Geographic Areas", "Location"),
    "LIVB": ("Living Beings", "Species"),
    "OBJC": ("Objects", "Object"),
    "OCCU": ("Occupations", "Discipline"),
    "ORGA": ("Organizations", "Organization"),
    "PHEN": ("Phenomena", "Process"),
    "PHYS": ("Physiology", "Process"),
    "PROC": ("Procedures", "Procedure"),
}

#: TUI → BioTK's type, where it is not that of the group.
EXCEPTIONS = {
    "T025": "Cell",
    "T026": "CellularComponent",
    "T028": "Gene",
    "T032": "Trait",  # Organism Attribute
    "T033": "Phenotype",  # Finding
    "T034": "Phenotype",  # Laboratory or Test Result
    "T044": "Function",
    "T053": "Behavior",
    "T054": "Behavior",
    "T055": "Behavior",
    "T096": "PopulationGroup",
    "T097": "PopulationGroup",
    "T098": "PopulationGroup",
    "T099": "PopulationGroup",
    "T100": "PopulationGroup",
    "T101": "PopulationGroup",
    "T167": "Substance",
    "T168": "Food",
    "T184": "Phenotype",  # Sign or Symptom
    "T201": "Trait",  # Clinical Attribute
}

#: TUI → its name and group.
SEMANTIC_TYPES = {
    "T001": ("Organism", "LIVB"),
    "T002": ("Plant", "LIVB"),
    "T004": ("Fungus", "LIVB"),
    "T005": ("Virus", "LIVB"),
    "T007": ("Bacterium", "LIVB"),
    "T008": ("Animal", "LIVB"),
    "T010": ("Vertebrate", "LIVB"),
    "T011": ("Amphibian", "LIVB"),
    "T012": ("Bird", "LIVB"),
    "T013": ("Fish", "LIVB"),
    "T014": ("Reptile", "LIVB"),
    "T015": ("Mammal", "LIVB"),
    "T016": ("Human", "LIVB"),
    "T017": ("Anatomical Structure", "ANAT"),
    "T018": ("Embryonic Structure", "ANAT"),
    "T019": ("Congenital Abnormality", "DISO"),
    "T020": ("Acquired Abnormality", "DISO"),
    "T021": ("Fully Formed Anatomical Structure", "ANAT"),
    "T022": ("Body System", "ANAT"),
    "T023": ("Body Part, Organ, or Organ Component", "ANAT"),
    "T024": ("Tissue", "ANAT"),
    "T025": ("Cell", "ANAT"),
    "T026": ("Cell Component", "ANAT"),
    "T028": ("Gene or Genome", "GENE"),
    "T029": ("Body Location or Region", "ANAT"),
    "T030": ("Body Space or Junction", "ANAT"),
    "T031": ("Body Substance", "ANAT"),
    "T032": ("Organism Attribute", "PHYS"),
    "T033": ("Finding", "DISO"),
    "T034": ("Laboratory or Test Result", "PHEN"),
    "T037": ("Injury or Poisoning", "DISO"),
    "T038": ("Biologic Function", "PHEN"),
    "T039": ("Physiologic Function", "PHYS"),
    "T040": ("Organism Function", "PHYS"),
    "T041": ("Mental Process", "PHYS"),
    "T042": ("Organ or Tissue Function", "PHYS"),
    "T043": ("Cell Function", "PHYS"),
    "T044": ("Molecular Function", "PHYS"),
    "T045": ("Genetic Function", "PHYS"),
    "T046": ("Pathologic Function", "DISO"),
    "T047": ("Disease or Syndrome", "DISO"),
    "T048": ("Mental or Behavioral Dysfunction", "DISO"),
    "T049": ("Cell or Molecular Dysfunction", "DISO"),
    "T050": ("Experimental Model of Disease", "DISO"),
    "T051": ("Event", "ACTI"),
    "T052": ("Activity", "ACTI"),
    "T053": ("Behavior", "ACTI"),
    "T054": ("Social Behavior", "ACTI"),
    "T055": ("Individual Behavior", "ACTI"),
    "T056": ("Daily or Recreational Activity", "ACTI"),
    "T057": ("Occupational Activity", "ACTI"),
    "T058": ("Health Care Activity", "PROC"),
    "T059": ("Laboratory Procedure", "PROC"),
    "T060": ("Diagnostic Procedure", "PROC"),
    "T061": ("Therapeutic or Preventive Procedure", "PROC"),
    "T062": ("Research Activity", "PROC"),
    "T063": ("Molecular Biology Research Technique", "PROC"),
    "T064": ("Governmental or Regulatory Activity", "ACTI"),
    "T065": ("Educational Activity", "PROC"),
    "T066": ("Machine Activity", "ACTI"),
    "T067": ("Phenomenon or Process", "PHEN"),
    "T068": ("Human-caused Phenomenon or Process", "PHEN"),
    "T069": ("Environmental Effect of Humans", "PHEN"),
    "T070": ("Natural Phenomenon or Process", "PHEN"),
    "T071": ("Entity", "OBJC"),
    "T072": ("Physical Object", "OBJC"),
    "T073": ("Manufactured Object", "OBJC"),
    "T074": ("Medical Device", "DEVI"),
    "T075": ("Research Device", "DEVI"),
    "T077": ("Conceptual Entity", "CONC"),
    "T078": ("Idea or Concept", "CONC"),
    "T079": ("Temporal Concept", "CONC"),
    "T080": ("Qualitative Concept", "CONC"),
    "T081": ("Quantitative Concept", "CONC"),
    "T082": ("Spatial Concept", "CONC"),
    "T083": ("Geographic Area", "GEOG"),
    "T085": ("Molecular Sequence", "GENE"),
    "T086": ("Nucleotide Sequence", "GENE"),
    "T087": ("Amino Acid Sequence", "GENE"),
    "T088": ("Carbohydrate Sequence", "GENE"),
    "T089": ("Regulation or Law", "CONC"),
    "T090": ("Occupation or Discipline", "OCCU"),
    "T091": ("Biomedical Occupation or Discipline", "OCCU"),
    "T092": ("Organization", "ORGA"),
    "T093": ("Health Care Related Organization", "ORGA"),
    "T094": ("Professional Society", "ORGA"),
    "T095": ("Self-help or Relief Organization", "ORGA"),
    "T096": ("Group", "LIVB"),
    "T097": ("Professional or Occupational Group", "LIVB"),
    "T098": ("Population Group", "LIVB"),
    "T099": ("Family Group", "LIVB"),
    "T100": ("Age Group", "LIVB"),
    "T101": ("Patient or Disabled Group", "LIVB"),
    "T102": ("Group Attribute", "CONC"),
    "T103": ("Chemical", "CHEM"),
    "T104": ("Chemical Viewed Structurally", "CHEM"),
    "T109": ("Organic Chemical", "CHEM"),
    "T110": ("Steroid", "CHEM"),
    "T111": ("Eicosanoid", "CHEM"),
    "T114": ("Nucleic Acid, Nucleoside, or Nucleotide", "CHEM"),
    "T115": ("Organophosphorus Compound", "CHEM"),
    "T116": ("Amino Acid, Peptide, or Protein", "CHEM"),
    "T118": ("Carbohydrate", "CHEM"),
    "T119": ("Lipid", "CHEM"),
    "T120": ("Chemical Viewed Functionally", "CHEM"),
    "T121": ("Pharmacologic Substance", "CHEM"),
    "T122": ("Biomedical or Dental Material", "CHEM"),
    "T123": ("Biologically Active Substance", "CHEM"),
    "T124": ("Neuroreactive Substance or Biogenic Amine", "CHEM"),
    "T125": ("Hormone", "CHEM"),
    "T126": ("Enzyme", "CHEM"),
    "T127": ("Vitamin", "CHEM"),
    "T129": ("Immunologic Factor", "CHEM"),
    "T130": ("Indicator, Reagent, or Diagnostic Aid", "CHEM"),
    "T131": ("Hazardous or Poisonous Substance", "CHEM"),
    "T167": ("Substance", "OBJC"),
    "T168": ("Food", "OBJC"),
    "T169": ("Functional Concept", "CONC"),
    "T170": ("Intellectual Product", "CONC"),
    "T171": ("Language", "CONC"),
    "T184": ("Sign or Symptom", "DISO"),
    "T185": ("Classification", "CONC"),
    "T190": ("Anatomical Abnormality", "DISO"),
    "T191": ("Neoplastic Process", "DISO"),
    "T192": ("Receptor", "CHEM"),
    "T194": ("Archaeon", "LIVB"),
    "T195": ("Antibiotic", "CHEM"),
    "T196": ("Element, Ion, or Isotope", "CHEM"),
    "T197": ("Inorganic Chemical", "CHEM"),
    "T200": ("Clinical Drug", "CHEM"),
    "T201": ("Clinical Attribute", "PHYS"),
    "T203": ("Drug Delivery Device", "DEVI"),
    "T204": ("Eukaryote", "LIVB"),
}

_TUI = re.compile(r"T\d{3}")


def common_types(tuis: Iterable[str]) -> tuple[str, ...]:
    """:returns: BioTK's types for semantic types; a TUI that is not in the tables has none.

    >>> common_types(["T047", "T191"]), common_types(["T026", "T116"]), common_types(["T999"])
    (('Disease',), ('CellularComponent', 'Chemical'), ())
    """
    known = (tui for tui in tuis if tui in SEMANTIC_TYPES)
    return tuple(
        dict.fromkeys(EXCEPTIONS.get(tui) or GROUPS[SEMANTIC_TYPES[tui][1]][1] for tui in known)
    )


def find_tuis(names: Iterable[str]) -> frozenset[str]:
    """The semantic types that a user means.

    :param names: TUIs, names of semantic types or groups, groups' abbreviations, BioTK's types.
        A TUI is taken even if it is not in the tables, for NLM may add some.
    :raises UnknownNameError: for a name that is none of these.

    >>> sorted(find_tuis(["Gene", "Drug Delivery Device", "t047", "DEVI"]))
    ['T028', 'T047', 'T074', 'T075', 'T203']
    """
    meant: dict[str, set[str]] = {}
    for tui, (name, group) in SEMANTIC_TYPES.items():
        for alias in (name, group, GROUPS[group][0], *common_types([tui])):
            # As it is written first: "GENE" is a group, "Gene" one of BioTK's types.
            for written in {alias, alias.lower()}:
                meant.setdefault(written, set()).add(tui)
    found: set[str] = set()
    for name in names:
        if _TUI.fullmatch(name.upper()):
            found.add(name.upper())
        elif name in meant or name.lower() in meant:
            found |= meant.get(name) or meant[name.lower()]
        else:
            names_of_types = {name for name, _ in SEMANTIC_TYPES.values()}
            names_of_groups = {
                alias for group, (name, _) in GROUPS.items() for alias in (group, name)
            }
            raise UnknownNameError("semantic type", name, names_of_types | names_of_groups)
    return frozenset(found)
