"""What all tests share: the real data where there is any, a cache of our own, the rules of CI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]

# Before any test imports torch: it reads OMP_WAIT_POLICY when loaded, and with a second busy
# process spinning threads slow a small layer down fiftyfold.
for name, value in {
    "BIOTK_CACHE": str(ROOT / ".cache" / "biotk"),
    "HF_HUB_OFFLINE": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "TOKENIZERS_PARALLELISM": "false",
}.items():
    os.environ.setdefault(name, value)

# No test asserts a time, and CI runs are to be repeatable.
hypothesis.settings.register_profile("biotk", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("biotk")

CI_HAS_DATA = "CI has ../shared/data, so nothing that reads it may skip there"


def in_ci() -> bool:
    """:returns: whether this is CI, as GitHub, GitLab and ``.ci/run`` tell it."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real corpora and knowledge bases; skips without it, fails in CI."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        if in_ci():
            pytest.fail(f"{CI_HAS_DATA}: it is missing", pytrace=False)
        pytest.skip("../shared/data is not there")
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """In CI a test marked ``data`` that skips, for whatever reason, has failed."""
    report = yield
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped and in_ci() and item.get_closest_marker("data"):
        report.outcome = "failed"
        report.longrepr = f"{CI_HAS_DATA}: {item.nodeid} did"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    """In CI no whole module may skip: nobody would see the data tests that are in it."""
    report = yield
    if report.skipped and in_ci():
        report.outcome = "failed"
        report.longrepr = f"in CI no whole module may skip: {report.nodeid} did"
    return report
