"""The command line: a thin shell over the library."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from formcoach import __version__
from formcoach.errors import FormCoachError, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from formcoach.analysis import Analysis
    from formcoach.batch import Job
    from formcoach.exercise import Exercise, Fault
    from formcoach.model import ModelFile
    from formcoach.session import SessionSummary
    from formcoach.summary import Line

app = typer.Typer(
    name="formcoach",
    help="A form coach on your own computer: counts the reps of a recorded set and judges the form of each. "
    "Nothing leaves your machine.",
    epilog="Start with: formcoach demo",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
history_app = typer.Typer(rich_markup_mode="rich")
app.add_typer(history_app, name="history")
out = Console(width=None if sys.stdout.isatty() else 120)
err = Console(stderr=True)

OUT = Path("formcoach-out")
STOPPED = 130
"""The exit code after Ctrl-C."""
NO_SESSION = "No session yet: formcoach live EXERCISE records one."

VideoArg = Annotated[list[Path], typer.Argument(help="Videos, or pose tracks (poses.npz) of an earlier analysis.")]
ExerciseOpt = Annotated[
    str, typer.Option("--exercise", "-e", help="What the video shows: an id of `formcoach exercises`, or auto.")
]
OutOpt = Annotated[Path, typer.Option("--out", "-o", help="Folder for the results; each video gets one inside.")]
ModelOpt = Annotated[
    str, typer.Option(help="Pose model: full, heavy (finer, slower), lite, or a path to a .task file.")
]
FpsOpt = Annotated[float | None, typer.Option(min=0.1, help="Analyse only so many frames a second; all by default.")]
ClusterOpt = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Analyse on the workers of a Dask cluster, tcp://HOST:PORT, in place of --workers; needs "
        "formcoach\\[cluster]. They have this formcoach, too, and see videos and --out under the same paths; each "
        "finds its own pose model.",
    ),
]
ResumeOpt = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on with a batch: what was analysed before in the same way, with --resume or --cluster, is told and "
        "not done again.",
    ),
]
SummaryOpt = Annotated[
    Path | None,
    typer.Option(help="Write one line a video into this .csv or .parquet file; with --cluster OUT/summary.csv."),
]
WorkersOpt = Annotated[
    int, typer.Option(min=1, help="How many processes: several videos get one each, a single one is shared.")
]


def _in_place_of(variable: str) -> Callable[[Path | None], Path | None]:
    """An option that stands for an environment variable, so that worker processes know it too."""

    def keep(path: Path | None) -> Path | None:
        if path is not None:
            os.environ[variable] = str(path.absolute())
        return path

    return keep


RulesOpt = Annotated[
    Path | None,
    typer.Option(
        callback=_in_place_of("FORMCOACH_RULES"),
        help="A folder of rule modules of your own. They are Python and run with all your rights.",
    ),
]
LimitsOpt = Annotated[
    Path | None,
    typer.Option(callback=_in_place_of("FORMCOACH_LIMITS"), help="A TOML file of limits of your own."),
]
JsonOpt = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def main() -> None:
    """Run a command; what goes wrong is one line on stderr, never a traceback.

    Exit codes: 0 done, 2 bad input or usage, 130 stopped by Ctrl-C (what was finished is saved).
    """
    try:
        code = app(standalone_mode=False)
        if code == STOPPED:  # what some versions of typer make of a KeyboardInterrupt
            raise KeyboardInterrupt
    except (FormCoachError, _UsageError) as error:
        _fail(_usage(error) if isinstance(error, _UsageError) else str(error))
    except (KeyboardInterrupt, typer.Abort):
        err.print("stopped", highlight=False)
        raise SystemExit(STOPPED) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at its end
        raise SystemExit(0) from None
    raise SystemExit(code or 0)


_UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""The base of all usage errors, of whichever click this typer carries."""


def _usage(error: Any) -> str:
    if not error.format_message():  # the help was printed instead
        raise SystemExit(2) from None
    command = error.ctx.command_path if error.ctx is not None else "formcoach"
    return f"{error.format_message()} (see {command} --help)"


def _fail(message: str) -> NoReturn:
    _complain(message)
    raise SystemExit(2) from None


def _complain(message: str) -> None:
    """One line on stderr."""
    err.print(f"[bold red]formcoach:[/] {escape(printable(message))}", soft_wrap=True, highlight=False)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"formcoach {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    del version


@app.command()
def demo(out_folder: OutOpt = OUT) -> None:
    """Analyse a bundled sample, faults and all, and say where the report is."""
    from formcoach.catalogue import bundled

    sample = bundled("samples") / "bent-over-row_rounded-back.mp4"
    err.print(f"Analysing the bundled sample {sample.name}: a bent-over row whose back rounds from the third rep on.")
    _analyse([sample], "bent-over-row", out_folder, model="full", annotate=True)
    err.print("\nNow your own: [bold]formcoach analyze set.mp4 --exercise bent-over-row --annotate[/]")


@app.command()
def analyze(
    videos: VideoArg,
    exercise: ExerciseOpt,
    out_folder: OutOpt = OUT,
    annotate: Annotated[
        bool, typer.Option("--annotate", help="Also write annotated.mp4: skeleton, count, faults.")
    ] = False,
    model: ModelOpt = "full",
    fps: FpsOpt = None,
    workers: WorkersOpt = 1,
    cluster: ClusterOpt = None,
    resume: ResumeOpt = False,
    summary: SummaryOpt = None,
    as_json: JsonOpt = False,
    rules: RulesOpt = None,
    limits: LimitsOpt = None,
) -> None:
    """Count and judge the reps of recorded videos.

    For each video a folder with report.html, report.json, reps.csv and poses.npz (the pose track: give it instead of
    the video to judge it again in a blink).
    """
    del rules, limits
    _analyse(
        videos,
        exercise,
        out_folder,
        model=model,
        annotate=annotate,
        fps=fps,
        workers=workers,
        cluster=cluster,
        resume=resume,
        summary=summary,
        as_json=as_json,
    )


def _list_cameras(wanted: bool) -> None:
    """Open each camera and say what it gives; this takes a second or two each."""
    if not wanted:
        return
    from rich.table import Table

    from formcoach.camera import list_cameras

    found = list_cameras()
    if not found:
        raise FormCoachError("no camera was found; plug one in, or play a video as one with --camera FILE")
    table = Table("--camera", "name", "size", "frames a second")
    for one in found:
        gives = (f"{one.width} × {one.height}", f"{one.fps:.0f}") if one.opens else (escape(one.trouble), "")
        table.add_row(str(one.index), escape(one.name), *gives)
    out.print(table)
    raise typer.Exit


@app.command()
def live(
    exercise: Annotated[str, typer.Argument(help="An id of `formcoach exercises`, or auto: two reps show it.")],
    camera: Annotated[str, typer.Option(help="A camera's number, or a video file that plays as one.")] = "0",
    sets: Annotated[int | None, typer.Option(min=1, help="How many sets; the session ends after the last.")] = None,
    reps: Annotated[int | None, typer.Option(min=1, help="Reps a set; it ends there.")] = None,
    rest: Annotated[float | None, typer.Option(min=0, help="Rest between sets, seconds; its end is said.")] = None,
    weight: Annotated[str | None, typer.Option(help="A note of the weight, such as 2x12kg.")] = None,
    mute: Annotated[bool, typer.Option("--mute", help="No voice, no tones.")] = False,
    voice: Annotated[str | None, typer.Option(help="A voice of the system's by its name.")] = None,
    volume: Annotated[float, typer.Option(min=0, max=1, help="How loud.")] = 1.0,
    headless: Annotated[bool, typer.Option("--headless", help="No window: events as JSON lines.")] = False,
    keep_video: Annotated[bool, typer.Option("--keep-video", help="Keep all video, not only flagged reps.")] = False,
    out_folder: Annotated[
        Path | None, typer.Option("--out", "-o", help="Also write the session's report here, as analyze does.")
    ] = None,
    model: ModelOpt = "full",
    cameras: Annotated[
        bool, typer.Option("--list-cameras", callback=_list_cameras, is_eager=True, help="List cameras and stop.")
    ] = False,
    rules: RulesOpt = None,
    limits: LimitsOpt = None,
) -> None:
    """Coach in front of the webcam: counts, cues, sets and rests by themselves, by voice and on screen.

    Keys in the window: p pause, c calibrate anew, m mute, s stop, q quit. A palm raised between reps stops, too.
    """
    from formcoach.catalogue import load_catalogue
    from formcoach.live import Options, coach
    from formcoach.recognising import AUTO
    from formcoach.session import Targets

    del cameras, rules, limits

    def notice(text: str) -> None:
        err.print(escape(text), highlight=False, soft_wrap=True)

    options = Options(
        camera=camera,
        model=_model(model),
        headless=headless,
        mute=mute,
        voice=voice,
        volume=volume,
        keep_video=keep_video,
        out=out_folder,
        targets=Targets(sets=sets, reps=reps, rest_s=rest, weight=weight),
    )
    one = None if exercise == AUTO else load_catalogue()[exercise]
    ended = partial(_print_summary, console=err if headless else out)
    for asked in ("SIGTERM", "SIGHUP"):  # a closed terminal ends a session as Ctrl-C does
        if hasattr(signal, asked):
            signal.signal(getattr(signal, asked), signal.default_int_handler)
    done = coach(one, options, sys.stdout if headless else None, notice, ended)
    if done is not None and out_folder is not None:
        err.print(f"report in {escape(str(out_folder))}", highlight=False, soft_wrap=True)


def _print_summary(summary: SessionSummary, folder: Path | None, console: Console) -> None:
    """What a live session came to, and where it is kept."""
    from rich.table import Table

    from formcoach.session import how_clean, most_frequent

    if summary.sets:
        table = Table("set", "reps", "clean", "most often", title=summary.exercise.name, title_justify="left")
        for one in summary.sets:
            found = most_frequent(one.reps, summary.exercise)
            often = f"{found[0].name}, {found[1]} of {len(one.reps)}" if found else how_clean(one.reps)
            table.add_row(str(one.number), str(len(one.reps)), str(one.clean), often)
        console.print(table)
        console.print(summary.sentence, highlight=False)
    else:
        console.print("No rep was counted.", highlight=False)
    found = summary.most_frequent
    if found is not None:
        console.print(f"Most often: {found[0].name}. {found[0].explain}", highlight=False, soft_wrap=True)
    if folder is not None:
        console.print(f"stored in {escape(str(folder))}", highlight=False, soft_wrap=True)


@app.command()
def replay(
    session: Annotated[
        str | None,
        typer.Argument(help="A session's number or folder name, a folder that analyze wrote, or a poses.npz."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All reps, not only those with a finding.")] = False,
    rep: Annotated[int | None, typer.Option(min=1, help="Only this rep.")] = None,
    fault: Annotated[str | None, typer.Option(help="Only reps with this fault, such as rounded-back.")] = None,
    speed: Annotated[float, typer.Option(min=0.05, max=4, help="1 is as fast as it was.")] = 0.5,
    export: Annotated[Path | None, typer.Option(help="Write a video (.mp4) instead of opening a window.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the sessions and their flagged reps, and stop.")] = False,
    video: Annotated[Path | None, typer.Option(help="The video of a folder or of a pose track.")] = None,
    exercise: Annotated[str | None, typer.Option("--exercise", "-e", help="What a pose track shows.")] = None,
    rules: RulesOpt = None,
    limits: LimitsOpt = None,
) -> None:
    """Watch the flagged reps of the last session again: slowly, stopped at the worst moment, beside your best rep.

    Keys in the window: n next, p previous, + and - speed, . and , one frame, space pause, l repeat this rep,
    o overlay, q quit.
    """
    del rules, limits
    if listed:
        _list_sessions()
    else:
        _replay(session, every, rep, fault, speed, export, video, exercise)


@history_app.callback(invoke_without_command=True)
def history(
    context: typer.Context,
    exercise: Annotated[str | None, typer.Option("--exercise", "-e", help="Only this exercise.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Also draw it into this picture (.png).")] = None,
    as_json: JsonOpt = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, one line a session.")] = False,
) -> None:
    """What you trained: sessions, sets, reps, clean ones, by exercise and week, and what has changed.

    A change is told from 3 sessions and 20 reps of an exercise on, with how many it is from, and called one only where
    chance would hardly give it.
    """
    if context.invoked_subcommand is None:
        _show_history(exercise, plot, as_json=as_json, as_csv=as_csv)


@history_app.command("rm")
def history_rm(
    session: Annotated[str, typer.Argument(help="A session's number or folder name.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a session: its reps and findings, its pose track and its clips."""
    from formcoach.store import Store

    with Store() as store:
        number = store.find(session)
        folder = store.folder_of(number)
        if not yes:
            if not sys.stdin.isatty():
                raise FormCoachError(f"deleting session {number} wants a yes; add --yes")
            typer.confirm(f"Delete session {number}, and {printable(str(folder))}?", abort=True)
        store.delete_session(number)
    out.print(f"session {number} deleted", highlight=False)


@history_app.command("keep-clips")
def history_keep_clips(
    days: Annotated[int | None, typer.Option(min=0, help="Delete clips when they are so many days old.")] = None,
    forever: Annotated[bool, typer.Option("--forever", help="Delete none for its age.")] = False,
) -> None:
    """How long the videos of sessions are kept. Applied now and at each start of live; reps and findings stay.

    Without an option: say how long that is.
    """
    from formcoach.store import Store

    if forever and days is not None:
        raise FormCoachError("--days and --forever exclude one another; give one of them")
    with Store() as store:
        if forever or days is not None:
            store.keep_clips(days)
        kept = store.clip_days
        dropped = store.drop_clips()
    out.print("Clips are kept." if kept is None else f"Clips are kept for {kept} days.", highlight=False)
    if dropped.line:
        out.print(dropped.line, highlight=False)


@app.command()
def web(
    port: Annotated[int, typer.Option(min=0, max=65535, help="To listen on, at 127.0.0.1; 0 for any free one.")] = 8377,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the browser, too.")] = False,
    rules: RulesOpt = None,
    limits: LimitsOpt = None,
) -> None:
    """Sessions, reports and history in the browser, for this computer only; a session under way updates by itself.

    Runs until Ctrl-C.
    """
    del rules, limits
    import webbrowser

    from formcoach.catalogue import load_catalogue
    from formcoach.web import serve

    def ready(address: str) -> None:
        out.print(f"{address}  (Ctrl-C ends it)", highlight=False, soft_wrap=True)
        if open_browser:
            webbrowser.open(address)

    serve(port, load_catalogue().exercises, ready)


@app.command()
def doctor() -> None:
    """Check this computer: libraries, pose model, speed, cameras, sound, voice, data folder, and what to do."""
    from formcoach.doctor import checks, render

    raise typer.Exit(render(checks(find_voice=_voice), out))


def _voice() -> str | None:
    """The voice that would speak, tried; None where there is none."""
    from formcoach.speech import find_speech

    speech = find_speech()
    if speech is None:
        return None
    speech.render("Ready")
    return speech.name


@app.command()
def exercises(as_json: JsonOpt = False, rules: RulesOpt = None, limits: LimitsOpt = None) -> None:
    """List the exercises that can be coached, and where each came from."""
    del rules, limits
    from rich.table import Table

    from formcoach.catalogue import bundled, load_catalogue

    catalogue = load_catalogue()
    ours = bundled("rules")
    if as_json:
        listed = [(exercise, catalogue.sources[exercise.id]) for exercise in catalogue.exercises.values()]
        _print_json([{**_as_data(exercise), "source": str(source)} for exercise, source in listed])
    else:
        table = Table("id", "exercise", "best seen from", "judges", "from")
        for one in catalogue.exercises.values():
            source = catalogue.sources[one.id]
            place = "formcoach" if source.parent == ours else escape(printable(str(source)))
            table.add_row(one.id, one.name, one.best_view.value, ", ".join(fault.id for fault in one.faults), place)
        out.print(table)
    for broken in catalogue.broken:
        err.print(f"[yellow]left out:[/] {escape(printable(str(broken)))}", highlight=False, soft_wrap=True)


@app.command()
def explain(
    exercise: Annotated[str, typer.Argument(help="An id of `formcoach exercises`.")],
    rules: RulesOpt = None,
    limits: LimitsOpt = None,
) -> None:
    """How to do an exercise, where to put the camera, and every fault that is judged."""
    del rules, limits
    from rich.padding import Padding

    from formcoach.catalogue import load_catalogue

    one = load_catalogue()[exercise]
    out.print(f"[bold]{one.name}[/]\n", highlight=False)
    out.print(f"[bold]Movement[/]  {one.movement}\n", highlight=False)
    out.print(f"[bold]Camera[/]  {one.camera}\n", highlight=False)
    out.print("[bold]Faults[/]", highlight=False)
    for fault in sorted(one.faults, key=lambda fault: fault.priority):
        kind = ("safety", "technique", "polish")[fault.priority - 1]
        out.print(f"\n  [bold]{fault.name}[/]  ({fault.id}, {kind})", highlight=False)
        out.print(Padding(_explained(fault), (0, 2, 0, 4)), highlight=False)


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(help="Videos with labels: X.json beside X.mp4, or one labels.json.")],
    exercise: Annotated[list[str] | None, typer.Option("--exercise", "-e", help="Only these exercises.")] = None,
    model: ModelOpt = "full",
    fps: FpsOpt = None,
    workers: WorkersOpt = 2,
    table: Annotated[
        Path | None, typer.Option(help="Write what each fault came to into this Markdown file, as in rules/README.md.")
    ] = None,
    signatures: Annotated[
        Path | None,
        typer.Option(help="Write what each exercise looks like into this JSON file; with --auto, recognise by it."),
    ] = None,
    auto: Annotated[
        bool, typer.Option("--auto", help="Instead: how often the exercise of a video is recognised.")
    ] = False,
    as_json: JsonOpt = False,
    rules: RulesOpt = None,
    limits: LimitsOpt = None,
) -> None:
    """Measure how well reps are counted and faults found, over labelled videos.

    Pose tracks are cached, so a second run takes seconds.
    """
    del rules, limits
    from formcoach.catalogue import load_catalogue
    from formcoach.evaluate import evaluate as run
    from formcoach.evaluate import find_clips, render
    from formcoach.folders import cache_folder
    from formcoach.ledger import write_table
    from formcoach.likeness import SIGNATURES_VARIABLE, write_signatures
    from formcoach.measuring import cached_report, looks_of, recognition, track_of

    catalogue = load_catalogue()
    wanted = set(exercise) if exercise else set(catalogue.exercises)
    for one in wanted:
        catalogue[one]
    clips = find_clips(folder)  # says what is wrong there before a model is fetched
    chosen, cache = _model(model), cache_folder() / "tracks"
    tracks = partial(track_of, model=chosen, fps=fps, cache=cache)
    judge = partial(cached_report, model=chosen, fps=fps, cache=cache)
    if auto:
        if signatures is not None:
            os.environ[SIGNATURES_VARIABLE] = str(signatures)
        _print_json(recognition(clips, tracks))
        return
    declared = {one.id: [fault.id for fault in one.faults] for one in catalogue.exercises.values()}
    scores = run(folder, judge=judge, exercises=wanted, workers=workers, faults=declared, console=err)
    if table is not None:
        write_table(table, catalogue, scores)
    if signatures is not None:
        write_signatures(signatures, looks_of(clips, tracks))
    if as_json:
        _print_json(scores.to_json())
    else:
        render(scores, out)


@app.command()
def benchmark(
    video: Annotated[Path | None, typer.Argument(help="A video to measure on; a bundled sample by default.")] = None,
    model: ModelOpt = "full",
    rounds: Annotated[int, typer.Option(min=1, help="How often each way is run, in turn; medians are given.")] = 3,
    live_s: Annotated[
        float | None, typer.Option("--live", min=1, help="Instead: play the video as a camera for so many seconds.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Instead: draw the cost by length, resolution and number of videos (.png); takes minutes."),
    ] = None,
    as_json: JsonOpt = False,
) -> None:
    """Time the analysis against a bare decode-and-detect loop on the same frames, in the same run."""
    from formcoach.catalogue import bundled, load_catalogue
    from formcoach.timing import GOALS, time_analysis, time_live

    chosen = video or bundled("samples") / "bent-over-row_rounded-back.mp4"
    exercise = load_catalogue()["bent-over-row"]
    if plot is not None:
        timing = _scaling(chosen, exercise.id, plot)
    elif live_s is not None:
        timing = time_live(chosen, _model(model), exercise, live_s)
    else:
        timing = time_analysis(chosen, _model(model), exercise, rounds)
    if as_json:
        _print_json(timing)
        return
    for name, value in timing.items():
        shown = f"{value:.3f}" if isinstance(value, float) else value
        wanted = f"   goal: {GOALS[name]}" if name in GOALS else ""
        out.print(f"{name.replace('_', ' '):>28}  {shown}{wanted}", highlight=False)


def _scaling(video: Path, exercise: str, plot: Path) -> dict[str, Any]:
    from formcoach.scaling import measure_scaling, write_plot

    scaling = measure_scaling(video, exercise, on_run=lambda what: _note(f"analysing: {what}"))
    write_plot(scaling, plot)
    by_length = {f"peak_memory_mb_of_{seconds:g}_s": cost.peak_mb for seconds, cost in scaling.by_length.items()}
    return by_length | {"longest_to_shortest": scaling.memory_growth, "plot": str(plot)}


# ---- replay and history ----


def _show_history(exercise: str | None, plot: Path | None, *, as_json: bool, as_csv: bool) -> None:
    from formcoach.history_tables import as_data, csv_of, render
    from formcoach.listing import all_trained
    from formcoach.store import Store

    if as_json and as_csv:
        raise FormCoachError("--json and --csv exclude one another; give one of them")
    with Store() as store:
        trained, broken = all_trained(store)
    kept = [one for one in trained if exercise in (None, one.session.exercise)]
    if exercise is not None and not kept:
        raise FormCoachError(f"there is no session of '{exercise}'; see formcoach replay --list")
    if plot is not None:
        from formcoach.history_plot import write_plot

        write_plot(kept, plot)
    if as_json:
        _print_json(as_data(kept, broken))
    elif as_csv:
        sys.stdout.write(csv_of(kept))
    elif kept:
        render(kept, out)
    else:
        out.print(NO_SESSION, highlight=False)
    _warn(broken)
    if plot is not None:
        err.print(f"plot in {escape(str(plot))}", highlight=False, soft_wrap=True)


def _list_sessions() -> None:
    from formcoach.listing import all_trained, flagged_table
    from formcoach.store import Store

    with Store() as store:
        trained, broken = all_trained(store)
    out.print(flagged_table(trained) if trained else NO_SESSION, highlight=False)
    _warn(broken)


def _replay(
    session: str | None,
    every: bool,
    number: int | None,
    fault: str | None,
    speed: float,
    path: Path | None,
    video: Path | None,
    exercise: str | None,
) -> None:
    from formcoach.camera import load_opencv

    load_opencv()  # before PyAV: once that is loaded, OpenCV's window never opens
    from formcoach.review import find_review
    from formcoach.scenes import scenes_of

    review = find_review(session, exercise, video)
    scenes = scenes_of(review, every=every, number=number, fault=fault)
    _warn(review.notes)
    if path is not None:
        _export(review, scenes, path, speed)
        return
    from formcoach.screen import has_display

    if not has_display():
        again = " ".join(["formcoach replay", *([] if session is None else [session])])
        raise FormCoachError(f"there is no display to open a window on; write a video: {again} --export replay.mp4")
    from formcoach.replay import show

    show(review, scenes, speed=speed, notice=_note)


def _export(review: Any, scenes: list[Any], path: Path, speed: float) -> None:
    from formcoach.progress import FrameProgress
    from formcoach.replay import export

    stopped = _StopOnInterrupt()  # raised wherever the program is just then, a Ctrl-C may get lost in a library

    def drawn() -> None:
        if stopped.asked():
            raise KeyboardInterrupt
        progress.tick("drawing", None)

    with FrameProgress(path.name, err) as progress, stopped:
        export(review, scenes, path, speed=speed, notice=_note, tick=drawn)
    reps = "1 rep" if len(scenes) == 1 else f"{len(scenes)} reps"
    out.print(f"{reps} of {escape(review.title)}; saved in {escape(str(path))}", highlight=False, soft_wrap=True)


def _note(text: str) -> None:
    err.print(f"[yellow]note:[/] {escape(printable(text))}", highlight=False, soft_wrap=True)


def _warn(texts: Iterable[str]) -> None:
    for text in texts:
        _note(text)


# ---- analysing ----


def _analyse(
    videos: list[Path],
    exercise_id: str,
    out_folder: Path,
    *,
    model: str,
    annotate: bool = False,
    fps: float | None = None,
    workers: int = 1,
    cluster: str | None = None,
    resume: bool = False,
    summary: Path | None = None,
    as_json: bool = False,
) -> None:
    from formcoach.batch import TRACK_SUFFIX, Job
    from formcoach.catalogue import load_catalogue
    from formcoach.fetching import OFFICIAL
    from formcoach.many import lines_of
    from formcoach.model import asked_for
    from formcoach.recognising import AUTO
    from formcoach.summary import check_summary

    exercise = None if exercise_id == AUTO else load_catalogue()[exercise_id]
    folders = _folders(videos, out_folder)
    for video in videos:
        _must_exist(video)
    if summary is None and cluster is not None:
        summary = out_folder / "summary.csv"
    if summary is not None:
        check_summary(summary)
    asked = asked_for(model)
    needs_model = any(video.suffix.lower() != TRACK_SUFFIX for video in videos)
    theirs = cluster is not None and asked in OFFICIAL  # each worker finds it for itself
    found = _model(model) if needs_model and not theirs else None
    share = workers if len(videos) == 1 else 1
    jobs = [
        Job(source=video, exercise=exercise_id, folder=folder, model=found, fps=fps, annotate=annotate, workers=share)
        for video, folder in zip(videos, folders, strict=True)
    ]
    if len(jobs) == 1 and cluster is None and not resume and summary is None:
        _one(jobs[0], exercise, as_json)
        return
    if found is not None and asked not in OFFICIAL:
        asked = str(found.path)
    lines = lines_of(jobs, workers=workers, cluster=cluster, resume=resume, model=asked, notice=_note)
    _many(jobs, lines, summary, as_json)


def _must_exist(video: Path) -> None:
    try:
        video.stat()
    except OSError as error:
        raise FormCoachError(f"{video}: {(error.strerror or str(error)).lower()}") from None


def _folders(videos: list[Path], out_folder: Path) -> list[Path]:
    """A folder for each video, named after it; a track's after the folder it lies in."""
    names = [video.parent.name if video.name == "poses.npz" else video.stem for video in videos]
    counted = Counter(names)
    twice = next((name for name in names if counted[name] > 1), None)
    if twice is not None:
        raise FormCoachError(f"two of the videos are named {twice}; analyse them into different folders with --out")
    return [out_folder / (name or "track") for name in names]


def _one(job: Any, exercise: Exercise | None, as_json: bool) -> None:
    from formcoach.batch import analyse
    from formcoach.progress import FrameProgress
    from formcoach.report import json_of, table_of

    stopped = _StopOnInterrupt()
    with FrameProgress(job.source.name, err) as progress, stopped:
        analysis, report = analyse(job, exercise, on_frame=progress.tick, stop=stopped.asked)
    if as_json:
        sys.stdout.write(json_of(report))
    else:
        out.print(table_of(analysis))
        _say_the_rest(analysis, job.folder)
    if stopped.asked():
        raise KeyboardInterrupt


def _say_the_rest(analysis: Analysis, folder: Path) -> None:
    from formcoach.report import report_of

    for missed in report_of(analysis)["not_assessed"]:
        name = analysis.exercise.fault(missed["fault"]).name
        out.print(f"[dim]not assessed:[/] {name}: {missed['why']}; {missed['instead']}", highlight=False)
    for note in analysis.notes:
        out.print(f"[yellow]note:[/] {escape(note)}", highlight=False)
    out.print(f"saved in {escape(str(folder))}", highlight=False, soft_wrap=True)


def _many(jobs: list[Job], found: Generator[Line, None, None], summary: Path | None, as_json: bool) -> None:
    lines = _collected(jobs, found, summary)
    if as_json:
        _print_reports([line.job.folder for line in lines if line.tally is not None])
    for line in lines:
        if line.tally is None:
            _complain(str(line.error))
        elif not as_json:
            counted = f"{line.tally.holds} holds" if line.tally.holds else f"{line.tally.reps} reps"
            name, before = escape(line.job.source.name), "analysed before, " if line.before else ""
            told = f"{name}: {counted}, {line.tally.flagged} flagged; {before}saved in {escape(str(line.job.folder))}"
            out.print(told, highlight=False)
    if any(line.tally is None for line in lines):
        raise SystemExit(2)


def _collected(jobs: list[Job], found: Generator[Line, None, None], summary: Path | None) -> list[Line]:
    """The lines in the order of the jobs; what stops the batch leaves a summary of what was done by then."""
    from formcoach.progress import file_progress
    from formcoach.summary import write_summary

    place = {job.folder: number for number, job in enumerate(jobs)}
    lines: list[Line] = []
    try:
        with closing(found), file_progress(err, len(jobs)) as advance:
            for line in found:
                lines.append(line)
                advance()
    finally:
        lines.sort(key=lambda line: place[line.job.folder])
        if summary is not None and lines:
            write_summary(summary, lines)
            err.print(f"summary in {escape(str(summary))}", highlight=False, soft_wrap=True)
    return lines


def _print_reports(folders: list[Path]) -> None:
    """The reports as one JSON list, each read from its folder, since thousands of them are too many to hold."""
    if not folders:
        _print_json([])
        return
    start = "["
    for folder in folders:
        report = (folder / "report.json").read_text(encoding="utf-8").rstrip("\n")
        sys.stdout.write(f"{start}\n {report.replace(chr(10), chr(10) + ' ')}")
        start = ","
    sys.stdout.write("\n]\n")


class _StopOnInterrupt:
    """Turns the first Ctrl-C into a wish to stop, so that what was seen is saved; the second one stops at once."""

    def __init__(self) -> None:
        self._asked = False
        self._before: Any = None

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGINT, self._on_interrupt)

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _on_interrupt(self, *_: object) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True

    def asked(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self._asked


def _model(wanted: str) -> ModelFile:
    from formcoach.model import find_model
    from formcoach.progress import RichProgress

    return find_model(wanted, progress=RichProgress())


# ---- words ----


def _explained(fault: Fault) -> str:
    from formcoach.report import quantity

    grades = fault.grades
    front_side = f"front {grades.front.value}, side {grades.side.value}"
    views = f"{front_side}, half-way {grades.oblique.value}, rear {grades.rear.value}"
    sign = "below" if fault.less_is_worse else "above"
    limits = f"{sign} {quantity(fault.mild, fault.unit)}, severe {sign} {quantity(fault.severe, fault.unit)}"
    return f"{fault.explain}\nCue: “{fault.cue}”. Judged {limits}. Seen from: {views}."


def _as_data(exercise: Exercise) -> dict[str, Any]:
    return {
        "id": exercise.id,
        "name": exercise.name,
        "sides": exercise.sides.value,
        "best_view": exercise.best_view.value,
        "camera": exercise.camera,
        "movement": exercise.movement,
        "faults": [
            {
                "id": fault.id,
                "name": fault.name,
                "priority": fault.priority,
                "mild": fault.mild,
                "severe": fault.severe,
                "unit": fault.unit,
                "views": {view: getattr(fault.grades, view).value for view in ("front", "rear", "side", "oblique")},
                "cue": fault.cue,
                "explain": fault.explain,
            }
            for fault in exercise.faults
        ],
    }


def _print_json(data: Any) -> None:
    sys.stdout.write(json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
