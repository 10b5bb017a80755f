"""`formcoach web`: sessions, reports and history in the browser, for this computer only.

Pages are only read: nothing can be changed through them. `formcoach.web_guard` says who may read them, `web_views` what
they say, `web_files` which files a browser may have. A page that a session under way may change is asked for anew every
other second: `now.json` gives its parts, and the page's script puts those in place that differ.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import socket
import sys
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, abort, current_app, render_template, request, send_file, url_for
from jinja2 import StrictUndefined
from waitress import create_server
from werkzeug.exceptions import HTTPException

from formcoach import __version__
from formcoach.database import RefusedError
from formcoach.errors import FormCoachError, printable, reason
from formcoach.page import PAGES
from formcoach.store import Store
from formcoach.web_files import clip_of, poster, report_html, report_policy, video_of
from formcoach.web_guard import HEADERS, METHODS, POLICY, own_hosts, refusal
from formcoach.web_views import SessionView, Shelf, courses, lines_of, sensible, session_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from markupsafe import Markup

    from formcoach.exercise import Exercise
    from formcoach.web_views import Exercises

PORT = 8377
HOST = "127.0.0.1"
THREADS = 8
PATIENCE_S = 1.0
"""How long a page waits for another process that writes the history."""
STATIC = {
    "report.css": "text/css",
    "web.css": "text/css",
    "web.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
"""The only files of the package that are served, and as what."""
UNREADABLE = 422
"""The status of a session that is there and makes no sense."""
KEY = "formcoach"
"""Under which the app keeps what its pages need."""

Parts = dict[str, list[tuple[str, str]]]
"""Of each list of a page, the ids and the HTML of what is in it, in order."""

pages = Blueprint("pages", __name__)


class Desk:
    """What the pages share.

    Attributes:
        home: the data folder.
        exercises: that are known, by id.
        shelf: all sessions.
    """

    def __init__(self, home: Path | None, exercises: Exercises) -> None:
        self.home, self.exercises, self.shelf = home, exercises, Shelf()

    @contextlib.contextmanager
    def store(self) -> Iterator[Store]:
        """The history, for one request: a store belongs to one thread. Sessions of dead processes are closed."""
        with Store(self.home, timeout_s=PATIENCE_S) as store:
            with contextlib.suppress(FormCoachError):
                store.close_torn()
            yield store

    def exercise(self, exercise_id: str) -> Exercise:
        """The exercise of that id.

        Raises:
            FormCoachError: there is none any more.
        """
        if exercise_id not in self.exercises:
            raise FormCoachError(f"there are no rules for '{printable(exercise_id)}' any more, so there is no report")
        return self.exercises[exercise_id]


def _desk() -> Desk:
    desk: Desk = current_app.extensions[KEY]
    return desk


# ---- the server ----


def serve(port: int, exercises: Exercises, ready: Callable[[str], None], home: Path | None = None) -> None:
    """Serve the pages until somebody presses Ctrl-C.

    Args:
        port: to listen on; 0 for any that is free.
        exercises: that are known, by id.
        ready: called with the address as soon as it answers.
        home: the data folder; None for the usual one.

    Raises:
        FormCoachError: the port is taken, or the history cannot be opened.
        KeyboardInterrupt: when it was stopped.
    """
    Store(home).close()
    listening = _listening(port)
    port = listening.getsockname()[1]
    logging.getLogger("waitress").setLevel(logging.ERROR)
    app = make_app(port, exercises, home)
    server = create_server(app, sockets=[listening], threads=THREADS, ident="")
    ready(f"http://{HOST}:{port}/")
    server.run()
    raise KeyboardInterrupt  # which the server took for itself


def _listening(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it would let two programs share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise FormCoachError(
            f"cannot listen on port {port}: {reason(error)}; name another one with --port, or 0 for any that is free"
        ) from error
    return listening


def make_app(port: int, exercises: Exercises, home: Path | None = None) -> Flask:
    """The application, for a server on that port of this computer."""
    app = Flask(__name__, static_folder=None, template_folder=str(PAGES))
    app.jinja_options = {
        "autoescape": True,  # Flask escapes by the file's ending, which ours would not have
        "undefined": StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
    }
    app.extensions[KEY] = Desk(home, exercises)
    app.context_processor(lambda: {"version": __version__})
    hosts = own_hosts(port)

    @app.before_request
    def guard() -> Response | None:
        refused = refusal(request.method, request.headers, hosts)
        if refused is None:
            return None
        status, why = refused
        more = {"Allow": ", ".join(METHODS)} if status == 405 else {}
        return Response(why + "\n", status, more, content_type="text/plain; charset=utf-8")

    @app.after_request
    def seal(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    app.register_blueprint(pages)
    app.register_error_handler(FormCoachError, _in_words)
    app.register_error_handler(HTTPException, _http_in_words)
    app.register_error_handler(Exception, _surprise)
    return app


# ---- what goes wrong ----


def _in_words(error: FormCoachError) -> Any:
    return _apology(404 if isinstance(error, RefusedError) else UNREADABLE, str(error))


def _http_in_words(error: HTTPException) -> Any:
    status = error.code or 500
    words = {404: "There is no such page.", 416: "The file is not that long."}
    return _apology(status, words.get(status, error.description or error.name))


def _surprise(error: Exception) -> Any:
    why = f"{type(error).__name__}: {reason(error)}"
    sys.stderr.write(f"formcoach: {printable(request.path)}: {printable(why)}\n")
    return _apology(500, f"This page could not be made ({why}). The others still work.")


def _apology(status: int, why: str) -> Any:
    if request.path.endswith(".json"):
        return {"error": printable(why)}, status
    return render_template("web_error.html.j2", why=printable(why), status=status), status


# ---- pages ----


@pages.get("/")
def sessions() -> str:
    """All sessions, the latest first."""
    parts = _sessions_parts()
    poll = url_for("pages.sessions_now")
    return render_template("web_sessions.html.j2", parts=parts, poll=poll, digest=_digest(parts))


@pages.get("/now.json")
def sessions_now() -> Any:
    """The list's parts as they are now."""
    return _news(_sessions_parts(), title="")


def _sessions_parts() -> Parts:
    desk = _desk()
    with desk.store() as store:
        found, broken = desk.shelf.read(store)
    lines, senseless = lines_of(found, desk.exercises)
    macro = _macros()
    return {
        "broken": _broken_parts(broken + senseless),
        "sessions": [_part(f"session-{line.id}", macro.session_row(line)) for line in lines],
        "none": [] if lines else [_part("no-session", macro.no_session())],
    }


@pages.get("/session/<name>")
def session(name: str) -> str:
    """A session with its reps, as they are stored."""
    view = _view(name)
    parts = _session_parts(view)
    poll = url_for("pages.session_now", name=view.line.id) if view.line.live else ""
    return render_template("web_session.html.j2", view=view, parts=parts, poll=poll, digest=_digest(parts))


@pages.get("/session/<name>/now.json")
def session_now(name: str) -> Any:
    """A session's parts as they are now."""
    view = _view(name)
    title = f"{view.line.done.reps}: {view.line.exercise}" if view.line.live else view.line.exercise
    return _news(_session_parts(view), title=title, over=not view.line.live)


def _view(name: str) -> SessionView:
    desk = _desk()
    with desk.store() as store:
        return session_view(store, store.find(name), desk.exercises)


def _session_parts(view: SessionView) -> Parts:
    macro = _macros()
    reps = []
    for one, some in view.sets:
        reps.append(_part(f"set-{one.number}", macro.set_heading(one)))
        reps += [_part(f"rep-{rep.number}", macro.rep_card(rep)) for rep in some]
    return {
        "now": [_part("now-rep", macro.now(view.now))] if view.now else [],
        "facts": [_part(f"fact-{i}", macro.fact(f"fact-{i}", fact)) for i, fact in enumerate(view.facts)],
        "after": [_part("after-it", macro.after(view))],
        "strip": [_part(f"mark-{rep.number}", macro.strip_item(rep)) for rep in view.reps],
        "notes": [_part(f"note-{i}", macro.note(f"note-{i}", note)) for i, note in enumerate(view.notes)],
        "reps": reps,
    }


@pages.get("/session/<name>/report")
def report(name: str) -> Response:
    """A session's report, which is a page of its own; made where it is not there."""
    desk = _desk()
    with desk.store() as store:
        number = store.find(name)
        stored = store.session(number)
        if stored.ended_at is None:
            raise FormCoachError(f"session {number} is under way; its report is made when it has ended")
        with sensible(number):
            html = report_html(store, number, desk.exercise(stored.exercise))
    way = render_template("web_way.html.j2", id=number)
    response = Response(html.replace("<body>", f"<body>{way}", 1), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = report_policy()
    return response


@pages.get("/session/<name>/clip/<int:number>.mp4")
def clip(name: str, number: int) -> Response:
    """The clip of a rep; a browser asks for the ranges that it plays."""
    with _desk().store() as store:
        return _video(clip_of(store, store.find(name), number))


@pages.get("/session/<name>/clip/<int:number>.jpg")
def clip_poster(name: str, number: int) -> Response:
    """A picture out of a rep's clip, `at` so many ms."""
    with _desk().store() as store:
        path = clip_of(store, store.find(name), number)
    at_ms = request.args.get("at", 0, type=int)
    return Response(poster(path, at_ms / 1000), content_type="image/jpeg")


@pages.get("/session/<name>/video/<file>")
def video(name: str, file: str) -> Response:
    """A video of the whole session, where that was kept."""
    with _desk().store() as store:
        return _video(video_of(store, store.find(name), file))


def _video(path: Path) -> Response:
    try:
        return send_file(path.absolute(), mimetype="video/mp4", conditional=True)
    except OSError as error:
        raise FormCoachError(f"{path.name} cannot be read: {reason(error)}") from error


@pages.get("/history")
def history() -> str:
    """How each exercise went from session to session."""
    parts = _history_parts()
    poll = url_for("pages.history_now")
    return render_template("web_history.html.j2", parts=parts, poll=poll, digest=_digest(parts))


@pages.get("/history/now.json")
def history_now() -> Any:
    """The history's parts as they are now."""
    return _news(_history_parts(), title="")


def _history_parts() -> Parts:
    desk = _desk()
    with desk.store() as store:
        found, broken = desk.shelf.read(store)
    _, senseless = lines_of(found, desk.exercises)
    made = courses(found, desk.exercises)
    macro = _macros()
    return {
        "broken": _broken_parts(broken + senseless),
        "none": [] if made else [_part("no-course", macro.no_course())],
        "rows": [_part(f"row-{one.key}", macro.course_row(one)) for one in made],
        "courses": [_part(f"course-{one.key}", macro.course(one)) for one in made],
    }


def _broken_parts(lines: list[str]) -> list[tuple[str, str]]:
    return [_part(f"broken-{i}", _macros().broken(f"broken-{i}", line)) for i, line in enumerate(lines)]


@pages.get("/static/<name>")
def static(name: str) -> Response:
    """Style, script and icon."""
    if name not in STATIC:
        abort(404)
    return Response((PAGES / name).read_bytes(), content_type=f"{STATIC[name]}; charset=utf-8")


@pages.get("/favicon.ico")
def favicon() -> Response:
    """What a browser asks for beside a report, which names no icon."""
    return Response(status=204)


# ---- parts ----


def _macros() -> Any:
    """The templates' macros, as functions that give escaped HTML."""
    return current_app.jinja_env.get_template("web_parts.html.j2").module


def _part(key: str, html: Markup) -> tuple[str, str]:
    return key, html.strip()


def _digest(parts: Parts) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _news(parts: Parts, *, title: str, over: bool = False) -> Any:
    """The parts; nothing where the page has them already."""
    digest = _digest(parts)
    if request.args.get("seen") == digest and not over:
        return Response(status=204)
    return {"digest": digest, "title": title, "over": over, "lists": parts}
