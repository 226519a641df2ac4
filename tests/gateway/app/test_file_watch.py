"""Files are seen to change however they are changed, and not when they are only touched."""

from __future__ import annotations

import os
from pathlib import Path

from gateway.app.file_watch import FileWatch, Look


def watch_of(*paths: Path) -> FileWatch:
    watch = FileWatch()
    watch.look(paths)
    return watch


def make_old(path: Path) -> None:
    """Let the file look as if nobody had changed it for an hour, its change time excepted."""
    found = path.stat()
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns - 3_600_000_000_000))


def test_a_file_that_is_new_to_the_watch_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")

    assert FileWatch().look([path]) == Look(has_changed=True, is_missing=False)


def test_nothing_has_changed_where_nothing_happened(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    watch = watch_of(path)

    assert watch.look([path]).is_settled


def test_a_touched_file_has_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    watch = watch_of(path)
    make_old(path)

    assert watch.look([path]).is_settled


def test_another_text_of_the_same_size_at_the_same_time_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    watch = watch_of(path)
    times = path.stat()
    path.write_text("two")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    assert watch.look([path]).has_changed


def test_a_file_put_in_the_place_of_another_is_seen(tmp_path: Path) -> None:
    path, beside = tmp_path / "a", tmp_path / "a.swp"
    path.write_text("one")
    watch = watch_of(path)
    beside.write_text("two")
    beside.replace(path)

    assert watch.look([path]) == Look(has_changed=True, is_missing=False)


def test_a_directory_that_is_switched_by_its_link_is_seen(tmp_path: Path) -> None:
    """As Kubernetes does it with the files of a ConfigMap: a -> ..data/a, ..data -> ..2026_1."""
    for version in ("one", "two"):
        (tmp_path / f"..{version}").mkdir()
        (tmp_path / f"..{version}" / "a").write_text(version)
    (tmp_path / "..data").symlink_to("..one")
    path = tmp_path / "a"
    path.symlink_to("..data/a")
    watch = watch_of(path)
    (tmp_path / "..new").symlink_to("..two")
    (tmp_path / "..new").replace(tmp_path / "..data")

    assert watch.look([path]) == Look(has_changed=True, is_missing=False)


def test_a_file_that_is_away_is_missing_and_back_is_a_change(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    watch = watch_of(path)
    path.unlink()
    away, still_away = watch.look([path]), watch.look([path])
    path.write_text("one")

    assert away == Look(has_changed=True, is_missing=True)
    assert still_away == Look(has_changed=False, is_missing=True)
    assert watch.look([path]) == Look(has_changed=True, is_missing=False)


def test_a_file_that_is_no_longer_watched_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    watch = watch_of(path)
    watch.look([])

    assert watch.look([path]).has_changed
