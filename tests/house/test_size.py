"""The whole tree keeps the house rules."""

import pytest

from tests.house import checks


@pytest.fixture(scope="module")
def tree() -> list[checks.Module]:
    return checks.modules()


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_the_tree_keeps_the_rule(check: checks.Check, tree: list[checks.Module]) -> None:
    offences = [offence for module in tree for offence in check(module)]

    assert not offences, f"{check.__doc__}\n" + "\n".join(offences)


def test_the_tree_is_the_one_we_mean(tree: list[checks.Module]) -> None:
    """Rules over an empty list of files would be kept by anything."""
    paths = {module.path for module in tree}

    assert {"src/prepaid/__init__.py", "tests/house/test_size.py"} <= paths
