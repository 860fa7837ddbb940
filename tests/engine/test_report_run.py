"""The report of a run: whole, stopped, without its frames, or of no run at all."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_nerveseg.canvas import colours
from tests.engine.command_line import listing, run
from tests.engine.learn_toys import tiny, toy_dataset
from tests.toys import smooth_frame, write_kaggle
from training.commands.reporting import Report, report
from training.data import open_dataset
from training.data.labels import Labels
from training.errors import Cancelled, InputError
from training.learn import cross_validate, train
from training.learn.folder.naming import naming, source_of
from training.metrics import score_frame, score_frames
from training.report.panel import panels
from training.report.run_files import read_run
from training.report.run_frames import Looked, Seen
from training.report.run_page import Findings, run_page

#: HTML elements that have no end.
VOID = {"meta", "br", "img", "link"}


class Balance(HTMLParser):
    """Checks that every element that begins also ends, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def written(folder: Path, **settings: Any) -> tuple[str, dict[str, Any]]:
    """Write a report and return it with what the command says."""
    options = Report.of({"run": folder, "device": "cpu", **settings})
    result = report(options, lambda _: None, lambda: False)
    html = Path(result["path"]).read_text(encoding="utf-8")
    check = Balance()
    check.feed(html)
    assert check.open == []
    assert not re.search(r"https?:|<script|<link|@import|url\(", html)
    return html, result


def words(html: str) -> str:
    """Return what a reader sees."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.split("</style>")[1]).split())


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A data folder of five subjects and a finished run on it; look, do not touch."""
    root = tmp_path_factory.mktemp("report")
    dataset = toy_dataset(root / "data")
    config = tiny(presence=True, val_subjects="2-3", test_subjects="5")
    source = source_of(naming(root / "data", root / "project"))
    train(dataset, Labels(dataset), config, root / "run", source=source)
    return root / "data", root / "run"


@pytest.fixture
def copied(trained: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """A run and its data, to be changed."""
    data = shutil.copytree(trained[0], tmp_path / "data")
    folder = shutil.copytree(trained[1], tmp_path / "run")
    source = source_of(naming(data, tmp_path / "project"))
    (folder / "source.json").write_text(json.dumps(source))
    return data, folder


def test_a_whole_run(copied: tuple[Path, Path]) -> None:
    data, folder = copied
    html, result = written(folder)
    assert result["path"] == str(folder.resolve() / "report.html")
    assert result["warnings"] == []
    said = words(html)
    assert "8 frames of 2 subjects (1, 4) were learned from" in said
    assert "8 of 2 subjects (2, 3) validated" in said
    assert "4 of subject 5 were left alone for the end" in said
    assert "2 of 2 epochs" in said
    headings = re.findall(r"<h[23]>([^<]+)</h[23]>", html)
    assert headings == [
        "Scores",
        "Test subjects, scored once at the end",
        "Validation subjects",
        "Curves",
        "Reliability",
        "The worst frames",
        "Decision rule",
        "Provenance",
    ]
    assert "Not comparable: used for tuning" in said
    assert "n 4" in said  # frames of each subject
    assert "Shaded: the middle half of the subjects." in said
    assert "Presence: expected calibration error" in said
    assert ", the same." in said  # predicted again, the frames score as they did
    assert str(data) in said
    assert json.loads((folder / "fingerprint.json").read_text())["sha256"] in said
    assert [panel["title"][:4] for panel in result["panels"]] == ["Test", "Vali"]


def test_the_worst_frames_come_first_with_both_outlines(
    trained: tuple[Path, Path], tmp_path: Path
) -> None:
    html, _ = written(trained[1], out=tmp_path / "r.html", worst=3)
    figures = re.findall(r"<figure.*?</figure>", html, re.DOTALL)
    assert len(figures) == 3
    dices = [float(re.search(r"Dice (\d\.\d\d)", one)[1]) for one in figures]
    assert dices == sorted(dices)
    assert all("data:image/png;base64," in one for one in figures)
    assert any('class="outline truth"' in one for one in figures)
    assert any('class="outline said"' in one for one in figures)
    assert "<figure" not in written(trained[1], out=tmp_path / "r.html", worst=0)[0]


def test_ground_truth_and_prediction_have_the_colours_of_the_window(
    trained: tuple[Path, Path], tmp_path: Path
) -> None:
    html, _ = written(trained[1], out=tmp_path / "r.html", worst=1)
    window = {"truth": colours.GROUND_TRUTH, "said": colours.PREDICTION}
    assert window == {"truth": "#56B4E9", "said": "#F0E442"}
    for name, colour in window.items():
        assert f".{name} {{ stroke: {colour};" in html
        assert f"i.{name} {{ background: {colour};" in html


def test_words_of_strangers_are_never_markup(trained: tuple[Path, Path]) -> None:
    name, run = "<script>", read_run(trained[1])
    mask = np.ones((4, 4), bool)
    seen = Seen(score_frame(name, name, mask, mask, 0.5), mask.astype("u1"), mask, mask)
    looked = Looked([seen.scores], worst=[seen])
    looked.pixels.add(seen.frame, mask)
    scores = score_frames([(name, name, mask, mask, 0.5)], warnings=[name]).to_json()
    found = Findings(
        panels=panels({"validation": scores}),
        looked=looked,
        people={name: [name], "train": [name]},
        rule={"threshold": name},
        missing=[name],
        notes=[name],
    )
    strange = replace(
        run,
        path=run.path / name,
        config={**run.config, "recipe": name, name: {name: name}},
        environment={name: name},
        source={"data": name},
        splits={**run.splits, "validation": [name]},
        excluded={name: [name]},
        result={**run.result, "warnings": [name]},
    )
    html = run_page(strange, found)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") > 20


def test_the_worst_frames_are_not_all_of_one_subject(
    copied: tuple[Path, Path], tmp_path: Path
) -> None:
    html, _ = written(copied[1], worst=4)
    shown = re.findall(r"<figcaption><b>(\d)_", html)
    assert sorted(shown) == ["2", "2", "3", "3"]


def test_the_command_line_writes_it_where_it_is_told(
    trained: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = listing(trained[1])
    assert run("report", trained[1], "--out", tmp_path / "r.html") == 0
    assert capsys.readouterr().out == f"Report: {tmp_path.resolve() / 'r.html'}\n"
    assert (listing(trained[1]), listing(tmp_path)) == (before, ["r.html"])


def test_a_stopped_run_says_what_is_missing(copied: tuple[Path, Path]) -> None:
    _, folder = copied
    (folder / "result.json").unlink()
    log = folder / "events.jsonl"
    lines = [line for line in log.read_text().splitlines() if '"result"' not in line]
    log.write_text("\n".join([*lines, '{"event": "resu']))
    html, result = written(folder)
    (panel,) = result["panels"]
    assert panel["title"] == "Validation subjects, as far as the run came"
    assert panel["n_frames"] == 8
    assert result["warnings"] == [
        "This training is not finished: 2 of 2 epochs are done, and its test frames "
        "are not scored."
    ]
    assert "did not come to its end and left no word" in words(html)


def test_a_run_that_failed_says_why(copied: tuple[Path, Path]) -> None:
    _, folder = copied
    (folder / "result.json").unlink()
    with (folder / "events.jsonl").open("a") as log:
        log.write(
            '{"event": "error", "kind": "failure", "text": "The disk is full."}\n'
        )
    said = words(written(folder)[0])
    assert "It did not come to its end: The disk is full." in said


def test_a_run_of_before_results_had_a_file_is_read_from_its_log(
    copied: tuple[Path, Path],
) -> None:
    _, folder = copied
    before = read_run(folder).result
    (folder / "result.json").unlink()
    assert read_run(folder).result == before


def test_a_run_without_a_checkpoint_has_no_score(copied: tuple[Path, Path]) -> None:
    _, folder = copied
    for path in folder.iterdir():
        if path.name not in ("config.json", "splits.json", "source.json"):
            path.unlink()
    html, result = written(folder)
    assert result["panels"] == []
    (unfinished, frames, score) = result["warnings"]
    assert unfinished.startswith("This training is not finished: 0 of 2 epochs")
    assert frames.startswith("No frames and no reliability are shown: ")
    assert "no best.safetensors" in frames
    assert score.startswith("There is no score: ")
    assert "None is kept: no epoch was finished." in words(html)


def test_frames_that_are_gone_leave_the_rest(copied: tuple[Path, Path]) -> None:
    data, folder = copied
    shutil.rmtree(data)
    html, result = written(folder)
    (trouble,) = result["warnings"]
    assert trouble.startswith("The frames are not at hand: ") and str(data) in trouble
    assert trouble in unescape(words(html))
    assert "<h2>Reliability</h2>" not in html
    assert "Test subjects, scored once at the end" in html
    assert "(2, 3) validated" in words(html)  # the checkpoint knows them


def test_frames_that_changed_are_named_and_left_out(copied: tuple[Path, Path]) -> None:
    data, folder = copied
    write_kaggle(data, {"2_1": (smooth_frame(9), np.zeros((64, 80), bool))})
    (data / "3_1.tif").write_bytes(b"")
    html, result = written(folder)
    assert result["warnings"] == [
        "Of the frames that this run held out, 1 can no longer be read (3_1) and 1 "
        "have changed since (2_1): left out."
    ]
    assert "On the 6 held-out frames" in words(html)


def test_frames_of_the_phantom_are_called_synthetic(
    copied: tuple[Path, Path],
) -> None:
    data, folder = copied
    assert "synthetic" not in written(folder)[0]
    (data.parent / "truth.json").write_text("{}")
    for panel in written(folder)[1]["panels"]:
        assert panel["unfit"][0]["kind"] == "synthetic"


def test_data_can_be_named(copied: tuple[Path, Path], tmp_path: Path) -> None:
    data, folder = copied
    (folder / "source.json").unlink()
    _, result = written(folder)
    assert "does not say where they lie" in result["warnings"][0]
    _, result = written(folder, data=data, project=tmp_path / "project")
    assert result["warnings"] == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"data": "nowhere"}, "nowhere"),
        ({"worst": -1}, "--worst is -1: give 0 or more."),
        ({"out": "data/report.html"}, "data"),
    ],
)
def test_mistakes_are_refused_and_nothing_is_written(
    copied: tuple[Path, Path], tmp_path: Path, settings: dict[str, Any], said: str
) -> None:
    paths = {k: tmp_path / v for k, v in settings.items() if isinstance(v, str)}
    before = listing(tmp_path)
    with pytest.raises(InputError, match=re.escape(said)):
        written(copied[1], **{**settings, **paths})
    assert listing(tmp_path) == before


def test_it_can_be_stopped(copied: tuple[Path, Path]) -> None:
    with pytest.raises(Cancelled):
        report(Report(run=copied[1], device="cpu"), lambda _: None, lambda: True)
    assert not (copied[1] / "report.html").exists()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "is no run folder: it holds no config.json"),
        ({"config.json": "[]"}, "is no run folder: its config.json is not one of"),
        ({"config.json": '{"size": 3}'}, "its config.json is not one of nerveseg"),
        (
            {"config.json": '{"size": 3, "recipe": "", "network": "", "epochs": 1}'},
            "its config.json is not one of nerveseg",
        ),
    ],
)
def test_a_folder_that_is_no_run_is_refused_in_a_sentence(
    tmp_path: Path,
    files: dict[str, str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    before = listing(tmp_path)
    assert run("report", folder) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert listing(tmp_path) == before


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished cross-validation; look, do not touch."""
    root = tmp_path_factory.mktemp("crossed")
    dataset = toy_dataset(root / "data", (1, 2, 3), 4)
    source = source_of(naming(root / "data", root / "project"))
    config = tiny(epochs=1)
    cross_validate(
        dataset, Labels(dataset), config, root / "cv", folds=3, source=source
    )
    return root / "cv"


def test_a_cross_validation(crossed: Path, tmp_path: Path) -> None:
    html, result = written(crossed, out=tmp_path / "cv.html")
    assert result["warnings"] == []
    assert [panel["title"][:5] for panel in result["panels"]] == ["Every", "One r"]
    said = words(html)
    assert "12 frames in 3 folds" in said
    assert "nested Dice pooled Dice blank" in said
    assert "On the 12 held-out frames" in said and ", the same." in said
    assert "on the out-of-fold predictions of all folds together" in said
    assert "Environment of fold-3" in said
    assert "search for near-duplicates none" in said
    assert "near-duplicates across folds" not in said, "nobody has searched"


def test_a_fold_is_a_run_with_the_data_of_the_whole(
    crossed: Path, tmp_path: Path
) -> None:
    _, result = written(crossed / "fold-1", out=tmp_path / "fold.html")
    assert result["warnings"] == []


def test_an_unfinished_cross_validation_tells_how_far_it_is(
    crossed: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(crossed, tmp_path / "cv")
    for name in ("oof", "fold-3"):
        shutil.rmtree(folder / name)
    (folder / "result.json").unlink()
    (folder / "events.jsonl").unlink()
    html, result = written(folder)
    assert "2 of 3 folds are trained" in result["warnings"][0]
    assert "<h2>Folds</h2>" in html and "fold-2" in html


def test_evaluate_and_report_agree(crossed: Path, tmp_path: Path) -> None:
    _, result = written(crossed, out=tmp_path / "cv.html")
    dataset = open_dataset(crossed.parent / "data")
    from training.report import evaluate

    scores = evaluate(crossed / "oof", dataset)
    pooled = {row["key"]: row["value"] for row in result["panels"][1]["rows"]}
    assert pooled["competition_dice"] == pytest.approx(scores.competition_dice)
