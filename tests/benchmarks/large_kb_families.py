"""How concepts are combined: families of disorders, drugs, situations, processes, procedures.

A family has slots and templates. A slot is filled by a real concept of some pool or by a group of
words that vocabularies use for one another; a template puts the fillings together. SNOMED CT,
RxNorm, GO and OMIM grow in this way.
"""

from __future__ import annotations

from dataclasses import dataclass


def groups(text: str) -> tuple[tuple[str, ...], ...]:
    """:returns: a group of synonyms for each line, which has them between bars."""
    return tuple(tuple(line.strip().split("|")) for line in text.strip().splitlines())


#: Slots that are filled by words; all others are filled by the pool of concepts of that name.
WORDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "morphology": groups(
        """neoplasm|tumor|neoplasia|mass
        malignant neoplasm|cancer|malignant tumor|malignancy
        benign neoplasm|benign tumor
        carcinoma|ca
        adenocarcinoma|glandular carcinoma
        squamous cell carcinoma|SCC|epidermoid carcinoma
        carcinoma in situ|CIS|intraepithelial carcinoma
        sarcoma|malignant mesenchymal tumor
        lymphoma|malignant lymphoma
        metastasis|secondary malignant neoplasm|metastatic cancer|secondary cancer
        hemangioma|angioma
        lipoma|lipomatous tumor
        cyst|cystic lesion
        abscess|purulent collection
        ulcer|ulceration
        hemorrhage|bleeding|haemorrhage
        hematoma|blood collection
        inflammation|inflammatory disorder
        infection|infectious disorder
        tuberculosis|TB|tuberculous infection
        fistula|fistulous tract
        stenosis|stricture|narrowing
        obstruction|blockage|occlusion
        thrombosis|thrombus
        embolism|embolus
        infarction|infarct
        ischemia|ischemic disorder
        necrosis|tissue death
        atrophy|wasting
        hypertrophy|enlargement
        hypoplasia|underdevelopment
        hyperplasia|overgrowth
        agenesis|congenital absence|aplasia
        congenital anomaly|congenital malformation|birth defect|congenital abnormality
        fracture|broken bone
        open fracture|compound fracture
        laceration|cut
        contusion|bruise
        burn|thermal injury
        crush injury|crushing injury
        injury|trauma|traumatic injury
        open wound|wound
        foreign body|retained foreign body
        pain|ache|painful
        edema|swelling
        calcification|calcified lesion
        fibrosis|scarring
        degeneration|degenerative disorder
        dysplasia|dysplastic change
        perforation|rupture
        prolapse|descent
        varices|varicose veins
        aneurysm|aneurysmal dilatation
        malposition|displacement|ectopia
        paralysis|palsy
        dysfunction|functional disorder|impairment
        disorder|disease|lesion"""
    ),
    "side": groups("left|lt|L\nright|rt|R"),
    "qualifier": groups(
        """acute
        chronic
        subacute
        severe
        mild
        moderate
        recurrent|relapsing
        congenital|present at birth
        familial|hereditary|inherited
        idiopathic|of unknown cause
        primary
        secondary
        bilateral
        unilateral
        progressive
        refractory|intractable|treatment resistant
        neonatal|newborn
        infantile|infancy-onset
        juvenile|childhood-onset|pediatric
        adult-onset|late-onset
        senile|of the elderly
        traumatic|post-traumatic
        postoperative|after surgery|post-procedural
        drug-induced|medication-induced
        iatrogenic
        atypical
        asymptomatic|silent
        intermittent|episodic|paroxysmal
        persistent
        diffuse|generalized
        localized|focal|circumscribed
        benign
        malignant
        gestational|in pregnancy|of pregnancy
        autosomal dominant|AD
        autosomal recessive|AR
        X-linked|sex-linked
        sporadic
        early-onset
        acquired
        suspected|possible
        resolved|in remission
        latent|subclinical
        fulminant
        hemorrhagic
        necrotizing
        autoimmune|immune-mediated
        paraneoplastic
        nonfamilial
        cyclic"""
    ),
    "stage": groups(
        """stage I|stage 1
        stage IA|stage 1A
        stage IB|stage 1B
        stage II|stage 2
        stage IIA|stage 2A
        stage III|stage 3
        stage IIIA|stage 3A
        stage IIIB|stage 3B
        stage IV|stage 4|metastatic
        grade 1|low grade|well differentiated
        grade 2|intermediate grade
        grade 3|high grade|poorly differentiated
        recurrent|relapsed
        unresectable|inoperable"""
    ),
    "gene disorder": groups(
        """neuropathy|peripheral neuropathy
        epilepsy|epileptic encephalopathy
        cardiomyopathy|heart muscle disease
        intellectual disability|mental retardation|intellectual developmental disorder
        immunodeficiency|immune deficiency
        hearing loss|deafness
        retinal dystrophy|retinitis pigmentosa
        muscular dystrophy|myopathy
        ciliopathy
        leukodystrophy|white matter disease
        ataxia|cerebellar ataxia
        nephropathy|kidney disease
        neurodevelopmental disorder|developmental disorder
        skeletal dysplasia|osteochondrodysplasia
        cancer predisposition|hereditary cancer syndrome
        metabolic disorder|inborn error of metabolism
        anemia|hemolytic anemia
        obesity|early-onset obesity
        deficiency|deficiency disease
        overexpression|increased expression
        connective tissue disorder"""
    ),
    "salt": (
        ("",),
        *groups(
        """hydrochloride|HCl
        sodium|Na
        sulfate|sulphate
        acetate
        phosphate
        potassium|K
        maleate
        mesylate|methanesulfonate
        tartrate
        citrate
        succinate"""
        ),
    ),
    "strength": groups(
        """0.5 MG|0.5 mg|500 mcg|500 MCG
        1 MG|1 mg|1mg
        2 MG|2 mg|2mg
        2.5 MG|2.5 mg|2.5mg
        5 MG|5 mg|5mg
        10 MG|10 mg|10mg
        20 MG|20 mg|20mg
        25 MG|25 mg|25mg
        40 MG|40 mg|40mg
        50 MG|50 mg|50mg
        75 MG|75 mg|75mg
        100 MG|100 mg|100mg|0.1 g
        150 MG|150 mg|150mg
        200 MG|200 mg|200mg|0.2 g
        250 MG|250 mg|250mg
        400 MG|400 mg|400mg
        500 MG|500 mg|500mg|0.5 g
        1 MG/ML|1 mg/mL|0.1%
        5 MG/ML|5 mg/mL|0.5%
        10 MG/ML|10 mg/mL|1%
        50 MG/ML|50 mg/mL|5%"""
    ),
    "form": groups(
        """Oral Tablet|tablet|tab|oral tab|PO tablet
        Oral Capsule|capsule|cap|oral cap
        Extended Release Oral Tablet|ER tablet|XR tablet|prolonged-release tablet
        Delayed Release Oral Tablet|DR tablet|gastro-resistant tablet|EC tablet
        Chewable Tablet|chewable tab
        Disintegrating Oral Tablet|ODT|orodispersible tablet
        Injectable Solution|solution for injection|injection|inj
        Injection|powder for injection|vial
        Prefilled Syringe|pre-filled syringe
        Topical Cream|cream
        Topical Ointment|ointment|oint
        Topical Gel|gel
        Oral Solution|oral liquid|oral soln
        Oral Suspension|suspension|oral susp
        Ophthalmic Solution|eye drops|ophth soln
        Nasal Spray|nasal spray
        Metered Dose Inhaler|MDI|inhaler
        Transdermal System|patch|transdermal patch
        Rectal Suppository|suppository|supp"""
    ),
    "intent": groups(
        """accidental|unintentional
        intentional|self-inflicted|deliberate
        undetermined intent|intent undetermined
        chronic
        occupational"""
    ),
    "regulation": groups(
        """regulation|control|modulation
        positive regulation|upregulation|up regulation|activation|stimulation
        negative regulation|downregulation|down-regulation|inhibition
        maintenance
        termination
        initiation"""
    ),
    "fate": groups(
        """biosynthesis|biosynthetic process|synthesis|formation|anabolism
        catabolism|catabolic process|breakdown|degradation
        metabolism|metabolic process
        transport|transmembrane transport
        import|uptake
        export|efflux
        binding
        secretion|release
        homeostasis
        detection|sensory perception"""
    ),
    "response": groups(
        """cellular response|response of cells
        response
        behavioral response|behavior in response
        tolerance
        sensitization"""
    ),
    "specimen": groups(
        """serum|blood serum
        plasma|blood plasma
        urine
        cerebrospinal fluid|CSF
        whole blood|blood
        saliva
        24 hour urine|24h urine
        stool|feces
        amniotic fluid
        tissue"""
    ),
    "level": groups(
        """increased|elevated|high|raised
        decreased|reduced|low
        abnormal|altered
        absent|undetectable"""
    ),
    "procedure": groups(
        """excision|resection|removal
        biopsy|bx|tissue sampling
        incision|incision and drainage
        repair|reconstruction
        transplantation|transplant|grafting
        ultrasonography|ultrasound|US|sonography
        magnetic resonance imaging|MRI
        computed tomography|CT|CT scan
        plain radiography|X-ray|radiograph
        endoscopy|endoscopic examination
        injection|infiltration
        irrigation|lavage
        catheterization|insertion of catheter
        ablation|destruction
        aspiration|needle aspiration
        examination|inspection
        replacement|implantation of prosthesis
        denervation|division of nerve
        angiography|arteriography
        radiotherapy|radiation therapy|irradiation
        fixation|stabilization
        suture|closure"""
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Family:
    """One way to combine concepts.

    :param prefix: of the ids of its concepts.
    :param type: their semantic type.
    :param share: how many of all combined concepts are of this family, by weight.
    :param slots: what fills each place; a key of :data:`WORDS` or a pool of concepts.
    :param templates: names, the preferred one first.
    :param pool: the pool that its concepts join, so that others are made of them.
    """

    prefix: str
    type: str
    share: float
    slots: tuple[str, ...]
    templates: tuple[str, ...]
    pool: str | None = None


def family(
    prefix: str, type: str, share: float, slots: str, templates: str, pool: str | None = None
) -> Family:
    """:returns: a family whose slots and templates stand between bars."""
    return Family(prefix, type, share, tuple(slots.split("|")), tuple(templates.split("|")), pool)


FAMILIES = (
    family("DX", "Disease", 12, "morphology|anatomy",
           "{0} of {1}|{0} of the {1}|{1} {0}|{0}, {1}|{0} involving {1}|{0} in {1}", "disorder"),
    family("DX", "Disease", 8, "side|morphology|anatomy",
           "{1} of {0} {2}|{0} {2} {1}|{1} of {2}, {0}|{0}-sided {1} of {2}|{1} of the {0} {2}"
           "|{1} of {2} ({0})", "disorder"),
    family("DX", "Disease", 16, "qualifier|disorder",
           "{0} {1}|{1}, {0}|{1} - {0}|{0} form of {1}", "disorder"),
    family("DX", "Disease", 3, "stage|tumor", "{0} {1}|{1}, {0}|{1} {0}|{1} - {0}"),
    family("DX", "Disease", 9, "phenotype|disorder",
           "{0} due to {1}|{0} secondary to {1}|{0} associated with {1}|{1} with {0}"
           "|{1}-associated {0}|{0} caused by {1}|{0} in {1}", "disorder"),
    family("DX", "Disease", 3, "species",
           "infection by {0}|infection due to {0}|{0} infection|infection caused by {0}"
           "|disease due to {0}|{0} disease", "disorder"),
    family("GX", "Disease", 9, "gene disorder|gene",
           "{1}-related {0}|{0} due to {1} mutation|{0}, {1}-related|{1}-associated {0}"
           "|{0} caused by mutation in {1}|{1} {0}|{0} due to {1} deficiency"
           "|{1} gene-related {0}|susceptibility to {0} ({1})", "disorder"),
    family("RX", "Chemical", 3, "drug|salt|form", "{0} {1} {2}|{2} {0} {1}|{0} {1}, {2}"),
    family("RX", "Chemical", 11, "drug|salt|strength|form",
           "{0} {1} {2} {3}|{0} {1} {2} [{3}]|{0} {2} {3}|{0} {1}, {2}, {3}|{0} {3} {2}"
           "|{3}, {0} {1} {2}"),
    family("SX", "Finding", 3, "chemical",
           "allergy to {0}|{0} allergy|hypersensitivity to {0}|allergic reaction to {0}"
           "|{0} hypersensitivity|allergic to {0}|history of {0} allergy|{0} - allergy"),
    family("SX", "Finding", 4, "disorder",
           "history of {0}|personal history of {0}|H/O: {0}|past history of {0}|previous {0}"
           "|{0}, history of|hx of {0}|past medical history of {0}"),
    family("SX", "Finding", 3, "disorder",
           "family history of {0}|FH: {0}|{0}, family history|family history: {0}"
           "|family hx of {0}|relative with {0}"),
    family("SX", "Disease", 3, "intent|chemical",
           "{0} poisoning by {1}|{1} poisoning, {0}|poisoning by {1}, {0}|{0} {1} overdose"
           "|{0} {1} toxicity|{1} intoxication, {0}|{0} exposure to {1}", "disorder"),
    family("SX", "Finding", 2, "drug",
           "adverse reaction to {0}|{0} adverse reaction|{0} side effect|adverse effect of {0}"
           "|intolerance to {0}|{0} intolerance"),
    family("BX", "Process", 5, "regulation|process", "{0} of {1}|{1} {0}|{1}, {0}", "process"),
    family("BX", "Process", 3, "fate|substance", "{0} of {1}|{1} {0}|{1}, {0}", "process"),
    family("BX", "Process", 2, "response|substance",
           "{0} to {1}|{1} {0}|{0} to {1} stimulus", "process"),
    family("MX", "Measurement", 4, "substance|specimen",
           "{0} measurement, {1}|{1} {0} level|{0} concentration in {1}|{0} in {1}|{1} {0}"
           "|measurement of {0} in {1}|{0} [mass/volume] in {1}|{0} assay, {1}"),
    family("MX", "Phenotype", 3, "level|substance|specimen",
           "{0} {2} {1} concentration|{0} {1} in {2}|{0} {2} {1}|{0} level of {1} in {2}"
           "|{1} {0} in {2}|{2} {1} {0}", "phenotype"),
    family("PX", "Procedure", 7, "procedure|anatomy",
           "{0} of {1}|{1} {0}|{0} of the {1}|{0}, {1}|{1}, {0}|{0} procedure on {1}"),
    family("PX", "Procedure", 4, "side|procedure|anatomy",
           "{1} of {0} {2}|{0} {2} {1}|{1} of {2}, {0}|{1}, {2}, {0}|{0} sided {2} {1}"),
    family("BX", "Function", 3, "gene|function", "{0} {1}|{1} of {0}|{0} protein {1}|{1}, {0}"),
)  # fmt: skip
