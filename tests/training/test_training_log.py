from __future__ import annotations

from xml.etree import ElementTree

from biotk.training.curves import curves_of, write_curves
from biotk.training.held import ignored_inputs, told_line
from biotk.training.log import Log, read_log

SVG = "{http://www.w3.org/2000/svg}"


def test_log_forgets_what_will_be_told_again(tmp_path) -> None:
    log = Log(tmp_path)
    for step in (16, 32, 48):
        log.add({"step": step, "nll": 1 / step})
    log.path.write_text(log.path.read_text() + '{"step": 64, "n')  # killed while it wrote
    again = Log(tmp_path, step=32)
    again.add({"step": 48, "nll": 0.5})
    assert read_log(tmp_path) == [
        {"step": 16, "nll": 0.0625},
        {"step": 32, "nll": 0.03125},
        {"step": 48, "nll": 0.5},
    ]


def test_curves_show_all_figures_of_a_kind(tmp_path) -> None:
    log = [
        {"step": 16, "nll": 4.0, "right": 0.1, "samples_per_s": 80.0},
        {"step": 16, "a<b nll": 3.0, "a<b permuted nll": 9.0, "a<b right": 0.4},
        {"step": 32, "nll": 2.0, "right": 0.3},
        {"step": 32, "a<b nll": float("nan")},
    ]
    panels = curves_of(log)
    assert panels["nll"] == {
        "training": [(16.0, 4.0), (32.0, 2.0)],
        "a<b": [(16.0, 3.0)],
        "a<b permuted": [(16.0, 9.0)],
    }
    assert set(panels["right"]) == {"training", "a<b"}
    write_curves(tmp_path / "c.svg", panels, title="stage")
    tree = ElementTree.parse(tmp_path / "c.svg")
    lines = tree.findall(f".//{SVG}polyline")
    assert len(lines) == 5
    (first, second) = lines[0].attrib["points"].split()
    assert float(first.split(",")[1]) < float(second.split(",")[1])  # it falls
    told = {text.text for text in tree.iter(f"{SVG}text")}
    assert {"a<b", "32 steps", "10", "0.4"} <= told  # the highest of each panel, rounded up
    # One point is no line, and is seen all the same.
    assert len(tree.findall(f".//{SVG}circle")) == 3


def test_curves_of_nothing_are_an_empty_picture(tmp_path) -> None:
    write_curves(tmp_path / "c.svg", curves_of([]), title="stage")
    picture = ElementTree.parse(tmp_path / "c.svg").getroot()
    assert picture.tag == f"{SVG}svg"
    (ground,) = picture  # no panel: no line, no figure, no name
    assert (ground.tag, ground.attrib["fill"], len(ground)) == (f"{SVG}rect", "white", 0)
    _, _, width, height = picture.attrib["viewBox"].split()
    assert (ground.attrib["width"], ground.attrib["height"]) == (width, height)


def test_figures_are_told_in_a_line() -> None:
    assert told_line({"step": 16, "nll": 4.0, "right": 0.1, "samples_per_s": 80.0}) == ""
    assert told_line(
        {
            "step": 16,
            "a nll": 1.234,
            "a right": 0.5,
            "a permuted nll": 7.0,
            "a permuted by": 5.7,
            "b nll": 2.0,
            "b right": 0.25,
        }
    ) == ("a: right 0.500, nll 1.23, 7.00 with inputs permuted; b: right 0.250, nll 2.00")


def test_inputs_that_do_not_matter_are_told() -> None:
    assert ignored_inputs({"a permuted by": 1.01, "b permuted by": 2.0, "a nll": 1.0}) == ["a"]
