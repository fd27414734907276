from __future__ import annotations

import itertools
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from tiny_space import WordEncoder, write_material

from biotk.errors import InputError, UnknownNameError
from biotk.genomics.map_drawing import page_of, svg_of, write_map
from biotk.genomics.neighbour import Evidence, Neighbour
from biotk.genomics.space import Space
from biotk.genomics.space_files import read_tables
from biotk.genomics.space_map import MapPoint, SpaceMap, around_pole, map_of
from biotk.nn.generel_files import read_weights
from biotk.training.generel import GenerelTraining
from biotk.training.generel_recipe import read_generel_recipe

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def space(tmp_path_factory) -> Space:
    folder = tmp_path_factory.mktemp("space")
    recipe = read_generel_recipe(write_material(folder, steps=60))
    GenerelTraining(recipe, folder / "run", encoder=WordEncoder()).run()
    model = folder / "run/model"
    return Space(read_weights(model), read_tables(model), encoder=WordEncoder, index="exact")


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def test_angles_to_the_middle_are_right_for_all(space):
    shown = map_of(space, "heart disease", kinds=("snp", "gene", "trait"), k=6)
    scores = [each.neighbour.score for each in shown.points]
    assert scores == sorted(scores, reverse=True)
    degrees = np.degrees(np.arccos(scores))
    assert np.hypot([p.x for p in shown.points], [p.y for p in shown.points]) == pytest.approx(
        degrees, abs=1e-3
    )
    assert {each.neighbour.kind for each in shown.points} >= {"snp", "gene", "disease"}
    found = {each.id for each in space.nearest("heart disease", k=6, kind="snp")}
    assert {p.neighbour.id for p in shown.points if p.neighbour.kind == "snp"} == found


def test_links_are_those_that_were_trained_on(space):
    shown = map_of(space, "rs1003", kinds=("snp", "trait"), k=12)
    tables = space.tables
    known = {
        (f"rs{tables.rsids[snp]}", tables.concepts[trait].key)
        for snp, trait in tables.links.tolist()
    }
    told = set()
    for pair in shown.links:
        one, other = sorted((shown.points[at].neighbour for at in pair), key=lambda n: n.kind)
        told.add((other.id, one.id) if other.kind == "snp" else (one.id, other.id))
    ids = {each.neighbour.id for each in shown.points}
    assert told == {(snp, trait) for snp, trait in known if {snp, trait} <= ids}
    assert told


def test_a_map_is_the_same_each_time_and_takes_words_and_new_snps(space):
    assert map_of(space, "lung") == map_of(space, "lung")
    new = map_of(space, "rs999", genes=("HEART1",), kinds=("trait",), k=3)
    assert (new.id, len(new.points)) == ("rs999", 3)
    one = map_of(space, "heart disease", kinds=("gene",), k=1)
    assert (len(one.points), one.fit) == (1, 1.0)


def test_a_map_tells_what_is_wrong(space):
    with pytest.raises(InputError, match="no kind"):
        map_of(space, "heart disease", kinds=())
    with pytest.raises(InputError, match="k is 0"):
        map_of(space, "heart disease", k=0)
    assert map_of(space, "heart disease", kinds=("drug",)).points == ()  # it has none
    with pytest.raises(UnknownNameError, match="genes"):
        map_of(space, "heart disease", kinds=("genes",))
    with pytest.raises(InputError, match="Known ones like it"):
        map_of(space, "rs99999999")


def stress(places, wanted):
    drawn = np.linalg.norm(places[:, None] - places, axis=-1)
    off = ~np.eye(len(places), dtype=bool)
    return (((drawn - wanted) ** 2 / np.maximum(wanted, 1.0) ** 2)[off]).sum()


def test_directions_are_near_the_best_that_there_are():
    rng = np.random.default_rng(5)
    for _ in range(5):
        pole = unit(rng.normal(size=8))
        vectors = unit(pole + 0.4 * rng.normal(size=(4, 8)))
        wanted = np.degrees(np.arccos(np.clip(vectors @ vectors.T, -1, 1)))
        radii = np.degrees(np.arccos(vectors @ pole))
        # Every choice of directions in steps of 15 degrees; the first may stand anywhere.
        best = np.inf
        for turns in itertools.product(np.arange(24) * np.pi / 12, repeat=3):
            turns = np.array([0.0, *turns])
            places = radii[:, None] * np.stack([np.cos(turns), np.sin(turns)], 1)
            best = min(best, stress(places, wanted))
        places, fit = around_pole(pole, vectors)
        assert stress(places, wanted) <= best * 1.1
        assert -1.0 <= fit <= 1.0


def test_what_lies_on_a_plane_is_kept():
    turns = np.array([0.1, 0.9, 2.0, 3.3, 4.0, 5.5])
    radii = np.array([2.0, 5.0, 3.0, 8.0, 6.0, 4.0])
    flat = radii[:, None] * np.stack([np.cos(turns), np.sin(turns)], 1)
    vectors = np.zeros((6, 5))
    angles = np.radians(radii)
    vectors[:, :2] = flat / radii[:, None] * np.sin(angles)[:, None]
    vectors[:, 2] = np.cos(angles)
    places, fit = around_pole(np.eye(5)[2], vectors)
    gaps = [np.linalg.norm(each[:, None] - each, axis=-1) for each in (places, flat)]
    assert gaps[0] == pytest.approx(gaps[1], abs=0.3)
    assert fit > 0.98


def crowded() -> SpaceMap:
    evidence = (Evidence("rs1", "gout", 12.5, None, 77),)
    first = Neighbour("rs1", "rs1", "snp", 0.9, "known", evidence, "4", 9_995_256)
    rest = [Neighbour(f"X:{n}", f"a <long> name & {n}", "disease", 0.5) for n in range(30)]
    points = [MapPoint(first, 25.0, 0.0)]
    points += [MapPoint(each, 40.0 + n / 10, n / 10) for n, each in enumerate(rest)]
    return SpaceMap("gout <2>", "X:9", tuple(points), ((0, 1), (0, 2)), 0.5)


def test_the_picture_has_every_point_and_no_names_on_one_another():
    shown = crowded()
    drawn = ElementTree.fromstring(svg_of(shown))
    titles = [each.text for each in drawn.iter(f"{SVG}title")]
    assert len(titles) == len(shown.points)
    assert titles[0] == "snp, rs1, cosine 0.900, 4:9,995,256, known, −log10 p 12.5, PMID 77"
    texts = [each.text for each in drawn.iter(f"{SVG}text")]
    assert "Around gout <2> (X:9)" in texts
    assert "rs1" in texts
    assert 1 <= sum(text.startswith("a <long>") for text in texts) < 30
    # The two links, the line of what is known to go with the query, and that of the legend.
    assert len(list(drawn.iter(f"{SVG}line"))) == 4


def test_the_page_tells_all_in_a_table_and_needs_nothing_else(tmp_path):
    page = page_of(crowded())
    assert page.count("<tr>") == 32
    assert "<td>a &lt;long&gt; name &amp; 29</td>" in page
    assert "Research use only" in page
    assert "<script" not in page
    assert page.count("http") == 1  # the name of SVG
    write_map(tmp_path / "map.html", crowded())
    assert (tmp_path / "map.html").read_text(encoding="utf-8") == page
    for path, told in ((tmp_path / "map.png", "picture"), (tmp_path / "no/map.svg", "missing")):
        with pytest.raises(InputError, match=told):
            write_map(path, crowded())


def test_two_concepts_of_one_id_stand_where_each_belongs(space):
    # The tables may name a concept of a KB otherwise, and both names have a row.
    tables = space.tables
    first, second = tables.concepts[0], tables.concepts[1]
    twin = Space(
        space.weights,
        replace(tables, concepts=[first, replace(second, key=first.key), *tables.concepts[2:]]),
        encoder=WordEncoder,
        index="exact",
    )
    shown = map_of(twin, "HEART1", kinds=("trait",), k=100)
    assert len(shown.points) == tables.n_traits
    for point in shown.points:
        angle = np.degrees(np.arccos(point.neighbour.score))
        assert np.hypot(point.x, point.y) == pytest.approx(angle, abs=1e-3)


def test_what_xml_cannot_write_is_left_out():
    shown = replace(crowded(), query="go\x0but " * 30, id="X:9")
    (title,) = [
        each.text
        for each in ElementTree.fromstring(svg_of(shown)).iter(f"{SVG}text")
        if (each.text or "").startswith("Around")
    ]
    assert len(title) < 100
    assert "\x0b" not in title
