"""The command: a tiny run from end to end, its files, and mistakes in it."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import jsonschema
import pyperf
import pytest

from iaf_ref_conformance import cli_bench, cli_bench_files, cli_bench_watch
from iaf_ref_conformance.bench import contestants, run
from iaf_ref_conformance.bench.machine import KEPT
from iaf_ref_conformance.bench.own import Backend
from iaf_ref_conformance.cli_bench_watch import interruptible
from iaf_ref_conformance.report import schema
from iaf_ref_conformance.subjects.entries import AbsentLibraryError, MissingSubjectError


def test_a_run_fills_every_row(written: Any, document: Any) -> None:
    _, result = written
    assert result.exit_code == 0, result.output
    assert {row["table"] for row in document["rows"]} == {t["id"] for t in document["tables"]}
    for row in document["rows"]:
        assert row["measured"]["count"] >= 1
        assert row["id"] in result.output
    entries = [entry for table in document["tables"] for entry in table["entries"]]
    assert all(e["taken"]["count"] >= 3 for e in entries)
    to_verify = [e for e in entries if e["task"] in ("inverse", "forward")]
    assert {e["flow"] for e in to_verify if e["error_over_bound"] is None} == {"chain"}
    verified = [e["error_over_bound"] for e in to_verify if e["flow"] != "chain"]
    assert verified
    assert all(0 <= error <= 1 for error in verified)


def test_the_document_keeps_to_its_schema(document: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(schema("bench"))
    jsonschema.validate(document, schema("bench"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "rows": [{}]}, schema("bench"))


def test_pyperf_reads_the_samples_and_they_give_the_medians(document: Any, tmp_path: Path) -> None:
    path = tmp_path / "samples.json"
    path.write_text(json.dumps(document["pyperf"]), encoding="utf-8")
    suite = pyperf.BenchmarkSuite.load(str(path))
    for table in document["tables"]:
        for entry in table["entries"]:
            found = suite.get_benchmark(f"{table['id']}: {entry['name']}")
            assert found.median() == entry["taken"]["median"]
            assert found.get_nvalue() == entry["taken"]["count"]
            assert found.get_metadata()["loops"] == entry["loops"]


def test_nothing_of_the_machine_is_told_but_what_bears_on_times(document: Any) -> None:
    assert {"cpu_count", "date"} <= set(document["machine"]) <= set(KEPT)
    assert document["threads"]["cores of this process"] >= 1
    assert len(document["threads"]) > 1  # NumPy's BLAS


def test_the_page_and_the_picture_are_made_of_the_file(written: Any, bench: Any) -> None:
    folder, first = written
    page, picture = ((folder / name).read_bytes() for name in ("b.md", "b.svg"))
    assert b"](b.svg)" in page
    assert b"iaf-ref bench --quick --json b.json" in page
    assert all(name in picture for name in (b"numpy blocked", b"numpy sequential"))
    again = (str(folder / name) for name in ("b.json", "c.md", "b.svg"))
    source, other, drawn = again
    result = bench("--from", source, "--markdown", other, "--picture", drawn)
    assert result.exit_code == 0
    assert result.stdout == first.stdout
    assert (folder / "c.md").read_bytes() == page
    assert (folder / "b.svg").read_bytes() == picture


def test_another_run_stands_beside_it_on_page_and_terminal(written: Any, bench: Any) -> None:
    folder, first = written
    document = json.loads((folder / "b.json").read_text(encoding="utf-8"))
    for row in document["rows"]:
        row["measured"]["median"] *= 2
    other = folder / "again.json"
    other.write_text(json.dumps(document), encoding="utf-8")
    page = folder / "two.md"
    asked = ("--from", str(folder / "b.json"), "--again", str(other), "--markdown", str(page))
    result = bench(*asked)
    assert result.exit_code == 0
    assert " again " in result.output
    assert " again " not in first.output
    text = page.read_text(encoding="utf-8")
    assert "iaf-ref bench --from b.json --again again.json --markdown" in text
    assert "at most a factor of 2.00 away" in " ".join(text.split())
    for option, path in (("--markdown", other), ("--markdown", folder / "b.json")):
        mistaken = bench(*asked[:4], option, str(path))
        assert mistaken.exit_code == 2
        assert f"{option}: expected another file than is read" in " ".join(mistaken.output.split())
    missing = bench("--from", str(folder / "b.json"), "--again", "no-such.json")
    assert missing.exit_code == 2
    assert "--again: 'no-such.json': expected what" in " ".join(missing.output.split())


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_a_picture_may_be_of_other_formats(written: Any, bench: Any, suffix: str) -> None:
    path = written[0] / f"drawn{suffix}"
    assert bench("--from", str(written[0] / "b.json"), "--picture", str(path)).exit_code == 0
    assert path.read_bytes()[:4] == {".png": b"\x89PNG", ".pdf": b"%PDF"}[suffix]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--rows", "nothing-*"), "--rows: expected a pattern that matches one of"),
        (("--dtype", "float16"), "--dtype: expected one of float32, float64, got 'float16'"),
        (("--backend", "nobody"), "--backend: expected one of numpy, torch, jax, cupy, got"),
        (("--backend", "numpy:gpu"), "expected one of cpu, got 'gpu'"),
        (("--peer", "nobody"), "--peer: expected one of pyro, zuko"),
        (("--quick", "--peer", "pyro"), "--peer: expected none beside --quick"),
        (("--picture", "a.jpg"), "--picture: expected a name that ends in .svg, .png, .pdf"),
        (("--markdown", "a.md"), "--markdown: expected --json or --from beside it"),
        (("--json", "no/such/folder.json"), "--json: expected a file in a folder"),
        (("--from", "no-such.json"), "--from: 'no-such.json': expected what `iaf-ref bench"),
        (("--again", "no-such.json"), "--again: expected --from beside it"),
        (("--from", "no-such.json", "--quick"), "--from: expected no option that measures"),
        (("--from", "a.json", "--dtype", "float32"), "--from: expected no option that measures"),
        (("--from", "a.json", "--rows", "*"), "--from: expected no option that measures"),
        (("--from", "a.json", "--backend", "numpy"), "--from: expected no option that measures"),
        (("--from", "a.json", "--peer", "zuko"), "--from: expected no option that measures"),
    ],
)
def test_mistakes_in_the_command(bench: Any, arguments: tuple[str, ...], message: str) -> None:
    quickly = () if "--from" in arguments or "--peer" in arguments else ("--quick",)
    result = bench(*quickly, *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


@pytest.mark.parametrize("text", ["{", '{"schema": "iaf-ref-report/1"}', "[]"])
def test_a_file_of_something_else_is_refused(bench: Any, tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    result = bench("--from", str(tmp_path / "a.json"))
    assert result.exit_code == 2
    assert "expected what `iaf-ref bench --json` wrote, got" in result.output


def test_a_picture_of_no_growth_is_refused(tiny: Any, bench: Any, tmp_path: Path) -> None:
    result = bench("--quick", "--rows", "small-*", "--picture", str(tmp_path / "a.svg"))
    assert result.exit_code == 2
    assert "expected rows of growth in the run, got none" in result.output


def test_a_picture_that_fails_loses_nothing(
    tiny: Any, bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any) -> bytes:
        assert (tmp_path / "a.json").exists()  # the numbers are written first
        raise RuntimeError("no font")

    monkeypatch.setattr(cli_bench_files, "draw", broken)
    names = {name: str(tmp_path / f"a.{name}") for name in ("json", "md", "svg")}
    files = ("--json", names["json"], "--markdown", names["md"], "--picture", names["svg"])
    result = bench("--quick", "--rows", "growth-numpy", *files)
    assert result.exit_code == 3
    assert "--picture: it raised RuntimeError: no font" in result.output
    assert "growth-numpy" in result.output
    page = (tmp_path / "a.md").read_text(encoding="utf-8")
    assert "growth-numpy" in page
    assert "a.svg" not in page


def test_a_picture_of_no_growth_is_refused_before_measuring(
    tiny: Any, bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*given: Any) -> None:
        raise AssertionError("it measures")

    monkeypatch.setattr(cli_bench, "run", never)
    picture = str(tmp_path / "a.svg")
    assert bench("--quick", "--rows", "small-*", "--picture", picture).exit_code == 2


def test_two_tables_of_growth_and_rows_between_nobody_are_shown(
    document: Any, bench: Any, tmp_path: Path
) -> None:
    document["tables"] += [table for table in document["tables"] if table["id"] == "growth"]
    for row in document["rows"]:
        row.update(between=[], title=f"a peer, {row['title']}", reached=False, goal=None)
    source = tmp_path / "a.json"
    source.write_text(json.dumps(document), encoding="utf-8")
    files = ("--picture", str(tmp_path / "a.svg"), "--markdown", str(tmp_path / "a.md"))
    assert bench("--from", str(source), *files).exit_code == 0


def test_a_name_that_is_asked_for_twice_is_taken_once(
    tiny: Any, bench: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    twice = ("--backend", "numpy", "--backend", "numpy")
    result = bench("--quick", *twice, "--rows", "small-*", "--json", str(path))
    assert result.exit_code == 0
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["asked"]["backends"] == ["numpy"]
    assert [row["id"] for row in found["rows"]] == ["small-numpy"]


def test_a_library_that_times_are_taken_with_may_be_missing(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_bench_files, "find_spec", lambda name: None)
    result = bench("--quick")
    assert result.exit_code == 3
    said = " ".join(result.output.replace("│", " ").split())
    assert "expected pyperf, got none; install it by: pip install 'iaf-ref[bench]'" in said


def interrupt() -> None:
    raise KeyboardInterrupt


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("stop", [interrupt, terminate])
def test_an_interrupt_keeps_the_tables_that_are_whole(
    tiny: Any, bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: Any
) -> None:
    done: list[Any] = []

    def timed(entries: Any, *given: Any, original: Any = run._timed) -> Any:
        if done:
            stop()
        done.append(original(entries, *given))
        return done[-1]

    monkeypatch.setattr(run, "_timed", timed)
    before = signal.getsignal(signal.SIGTERM)
    source, page = tmp_path / "a.json", tmp_path / "a.md"
    asked = ("--rows", "small-*", "--rows", "growth-numpy")
    result = bench("--quick", *asked, "--json", str(source), "--markdown", str(page))
    assert result.exit_code == 130
    assert signal.getsignal(signal.SIGTERM) is before
    document = json.loads(source.read_text(encoding="utf-8"))
    jsonschema.validate(document, schema("bench"))
    (whole,), (lost,) = [table["id"] for table in document["tables"]], document["stopped"]
    assert {whole, lost} == {"small", "growth"}
    assert {row["table"] for row in document["rows"]} == {whole}
    said = f"table {lost}: not timed, the run was interrupted"
    assert f"Incomplete: {said}" in result.stderr
    assert said in page.read_text(encoding="utf-8")
    again = bench("--from", str(source))
    assert (again.exit_code, again.stdout) == (3, result.stdout)


def test_a_second_interrupt_does_not_lose_what_the_first_has_left(
    tiny: Any, bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(*given: Any, original: Any = cli_bench_files.write_json) -> None:
        terminate()
        original(*given)

    monkeypatch.setattr(cli_bench_files, "write_json", written)
    path = tmp_path / "a.json"
    result = bench("--quick", "--rows", "small-*", "--json", str(path))
    assert result.exit_code == 0
    assert json.loads(path.read_text(encoding="utf-8"))["stopped"] == []


def test_signals_that_are_ignored_stay_so() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with interruptible():
            terminate()
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_log_that_nobody_reads_ends_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*given: Any, **options: Any) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(cli_bench_watch.click, "echo", gone)
    cli_bench_watch.Lines().begin("table", 2, 1, 1)


def test_an_interrupt_before_a_table_is_whole_leaves_nothing(
    tiny: Any, bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_timed", lambda *given: interrupt())
    result = bench("--quick", "--rows", "small-*", "--json", str(tmp_path / "a.json"))
    assert (result.exit_code, result.stdout) == (130, "")
    assert "Interrupted: no table is whole, and nothing is written" in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_log_tells_which_table_is_timed(tiny: Any, bench: Any) -> None:
    result = bench("--quick", "--rows", "small-*", "--rows", "growth-numpy")
    told = [line.partition(", ")[0] for line in result.stderr.splitlines()]
    assert sorted(told) == ["table 1 of 2: growth", "table 2 of 2: small"]


@pytest.mark.parametrize(
    ("error", "declared", "code"),
    [
        (AbsentLibraryError("torch: expected its library", "none"), False, 0),
        (AbsentLibraryError("torch: expected its library", "none"), True, 3),
        (MissingSubjectError("torch: it is broken"), False, 3),
    ],
)
def test_who_is_missing(
    tiny: Any, bench: Any, monkeypatch: pytest.MonkeyPatch, error: Any, declared: bool, code: int
) -> None:
    def find(name: str, original: Any = contestants.find) -> Any:
        if name == "torch":
            raise error
        return original(name)

    monkeypatch.setattr(contestants, "find", find)
    monkeypatch.setattr(contestants, "BACKENDS", ("numpy", "torch"))
    monkeypatch.setattr(contestants, "NATIVE", {})
    asked = ("--backend", "numpy", "--backend", "torch") if declared else ()
    result = bench(*asked, "--rows", "small-*")
    assert result.exit_code == code
    assert str(error).removeprefix("torch: ") in result.output


def test_rows_of_who_is_missing_are_incomplete(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> Any:
        raise MissingSubjectError(f"{name}: it is broken")

    monkeypatch.setattr(contestants, "find", find)
    result = bench("--backend", "torch", "--rows", "small-torch")
    assert result.exit_code == 3
    assert "torch: it is broken" in result.output


def test_a_device_by_name_has_its_own_rows(tiny: Any, bench: Any) -> None:
    result = bench("--quick", "--backend", "numpy:cpu", "--rows", "*-numpy:cpu")
    assert result.exit_code == 0, result.output
    assert "fixed-point-numpy:cpu" in result.output
    assert "sequential-numpy:cpu" in result.output


def test_a_wrong_answer_is_told_and_not_timed(
    tiny: Any, bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def off(self: Backend, found: Any) -> Any:
        return found[0] + 1, found[1]

    monkeypatch.setattr(Backend, "fetch", off)
    result = bench("--quick", "--rows", "small-*")
    assert result.exit_code == 3
    assert "expected an error of at most the derived bound" in result.output
    assert "not measured" in result.output


def test_a_file_that_cannot_be_written_is_incomplete(
    written: Any, bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli_bench_files, "write_atomically", full)
    source, page = str(written[0] / "b.json"), str(written[0] / "d.md")
    result = bench("--from", source, "--markdown", page)
    assert result.exit_code == 3
    assert "expected a file that can be written" in result.output
