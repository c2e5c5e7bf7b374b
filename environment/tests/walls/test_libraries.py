"""What must be readable, without what is hidden."""

from __future__ import annotations

from pathlib import Path

from environment.fleet.walls.interpreter import leads_to
from environment.fleet.walls.libraries import pieces
from environment.fleet.walls.usage import shed, used_mib


def test_a_folder_without_secrets_is_readable_as_a_whole(tmp_path: Path) -> None:
    assert pieces([str(tmp_path)], ["/elsewhere"]) == ([str(tmp_path)], [])


def test_around_a_secret_only_names_are(tmp_path: Path) -> None:
    for name in ("a/secret/x", "a/open/y", "b/z"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "a/link").symlink_to(tmp_path / "a/secret")
    whole, named = pieces([str(tmp_path)], [str(tmp_path / "a/secret")])
    assert whole == [str(tmp_path / "a/open"), str(tmp_path / "b")]
    assert named == [str(tmp_path), str(tmp_path / "a")]


def test_what_leads_to_a_hidden_package_is_known(tmp_path: Path) -> None:
    (tmp_path / "x.pth").write_text("/srv/platform\n")
    (tmp_path / "y.pth").write_text("/srv/other\n")
    hidden, words = {"services"}, ("omnicloud", "/srv/platform")
    names = ("services", "omnicloud-1.dist-info", "__editable___omnicloud_finder.py", "x.pth")
    assert all(leads_to(tmp_path / name, hidden, words) for name in names)
    assert not leads_to(tmp_path / "y.pth", hidden, words)
    assert not leads_to(tmp_path / "yaml", hidden, words)


def test_what_takes_too_much_room_goes_large_files_first(tmp_path: Path) -> None:
    (tmp_path / "services").mkdir()
    (tmp_path / "services/app.py").write_bytes(b"x" * 2**20)
    (tmp_path / "large").write_bytes(b"x" * 65 * 2**20)
    (tmp_path / "small").write_bytes(b"x" * 2**20)
    assert not shed([str(tmp_path)], [], most_mib=80)
    assert shed([str(tmp_path)], [], most_mib=60)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["services", "small"]
    assert used_mib([str(tmp_path)]) == 2
    assert shed([str(tmp_path)], [str(tmp_path / "services")], most_mib=1)
    assert [path.name for path in tmp_path.rglob("*")] == ["services", "app.py"]
