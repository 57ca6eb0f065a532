"""Corners: a world of one's own, and not without end."""

import pytest
from starlette.testclient import TestClient

from gongpai.sandbox.app import Run, SandboxApp
from gongpai.sandbox.corners import Corners, CornerState
from gongpai.sandbox.errors import NotAllowedError, NotFoundError
from gongpai.sandbox.world_file import load_world


@pytest.fixture
def corners() -> Corners:
    return Corners(load_world("base"))


def test_a_corner_keeps_a_copy_of_its_world(corners: Corners) -> None:
    file = load_world("base")
    corner = corners.open(file)
    corner.world.require_member("lisi").status = 2
    assert file.corps[0].members[1].status == 1
    corner.holder = "wxCorpId/lisi"
    corner.reset_world()
    assert corner.world.require_member("lisi").status == 1
    assert corner.holder is None


def test_there_are_not_corners_without_end(corners: Corners) -> None:
    empty = load_world({"corps": [{"corpid": "ww1", "name": "One"}]})
    opened = [corners.open(empty) for _ in range(2_000)]
    with pytest.raises(NotAllowedError, match="2000 corners"):
        corners.open(empty)
    corners.close(opened[0].id)
    assert isinstance(corners.open(empty), CornerState)


def test_the_root_stays_and_what_is_closed_is_gone(corners: Corners) -> None:
    corner = corners.open()
    corners.close(corner.id)
    assert corners.get(corner.id) is None
    with pytest.raises(NotFoundError):
        corners.close(corner.id)
    with pytest.raises(NotAllowedError):
        corners.close("")


def test_a_corner_answers_under_its_own_path_only(corners: Corners) -> None:
    corner = corners.open()
    with TestClient(SandboxApp(Run("token", corners)), base_url="http://127.0.0.1", follow_redirects=False) as browser:
        assert browser.get(f"/c/{corner.id}").status_code == 200
        assert browser.get(f"/c/{corner.id}/cgi-bin/gettoken").json()["errcode"] == 41004
        assert (
            browser.get(f"/c/{corner.id}/phone", params={"token": "token"})
            .headers["location"]
            .startswith(f"/c/{corner.id}/")
        )
        assert browser.get("/c/other/cgi-bin/gettoken").status_code == 404
        assert browser.get("/c/").status_code == 404
    assert [entry.path for entry in corner.journal.entries()] == ["/", "/cgi-bin/gettoken"]
    assert corners.root.journal.entries() == []
