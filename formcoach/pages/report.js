"use strict";
/* Plays the reps: the video where there is one, the skeleton over it, and the best rep beside it in step. */

const data = JSON.parse(document.getElementById("data").textContent);
const [WIDTH, HEIGHT] = data.size;
const COLOURS = { clean: "#009e73", mild: "#e69f00", severe: "#d55e00" };
const SCREEN = { ink: "#0d1117", bone: "#f5f7f9" };
const PAPER = { ink: "#ffffff", bone: "#222222" };
const BONE = Math.max(WIDTH, HEIGHT) / 95;
const STALE_MS = 600;
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
let palette = SCREEN;

/* ---- poses ---- */

/** The index of the pose nearest to a time; -1 where none is near. */
function poseAt(rep, t) {
  let low = 0, high = rep.t.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rep.t[middle] < t) low = middle + 1; else high = middle;
  }
  if (low > 0 && t - rep.t[low - 1] < rep.t[low] - t) low -= 1;
  return Math.abs(rep.t[low] - t) <= STALE_MS ? low : -1;
}

/** Lines of one pose, each a list of points: those seen well, and those hidden or far. */
function linesOf(rep, i) {
  const strong = [], faint = [];
  for (const [side, pairs] of Object.entries(data.bones)) {
    const far = rep.near !== "" && side !== rep.near;
    for (const pair of pairs) {
      const line = pair.map((place) => pointOf(rep, i, place));
      if (line.some((point) => point === null)) continue;
      (far || pair.some((place) => seen(rep, i, place) < 2) ? faint : strong).push(line);
    }
  }
  const [shoulders, ears] = data.neck.map((pair) => middleOf(rep, i, pair));
  if (shoulders && ears) strong.push([shoulders, ears]);
  return { strong, faint, head: ears };
}

function middleOf(rep, i, pair) {
  const [a, b] = pair.map((place) => pointOf(rep, i, place));
  return a && b && [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

function seen(rep, i, place) {
  return Number(rep.seen[i * data.landmarks + place]);
}

function pointOf(rep, i, place) {
  const at = 2 * (i * data.landmarks + place);
  return seen(rep, i, place) ? [rep.xy[at], rep.xy[at + 1]] : null;
}

/** The curve along the back, where it was seen. */
function backOf(rep, i) {
  const flat = rep.back ? rep.back[i] : [];
  const curve = [];
  for (let k = 0; k < flat.length; k += 2) curve.push([flat[k], flat[k + 1]]);
  return curve.length ? curve : null;
}

function stroke(pen, lines, colour, width, alpha = 1) {
  pen.globalAlpha = alpha;
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.beginPath();
  for (const line of lines) line.forEach(([x, y], k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
  pen.globalAlpha = 1;
}

/** Draw a picture's pose of a time; a finding is coloured, a best rep's back is green. */
function draw({ canvas, video, rep }, t, finding, good) {
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, WIDTH, HEIGHT);
  const i = poseAt(rep, t);
  if (i < 0) return;
  pen.lineCap = pen.lineJoin = "round";
  const { strong, faint, head } = linesOf(rep, i);
  stroke(pen, faint, palette.ink, BONE * 1.7, 0.4);
  stroke(pen, faint, palette.bone, BONE, 0.4);
  stroke(pen, strong, palette.ink, BONE * 1.7);
  stroke(pen, strong, palette.bone, BONE);
  if (head && !video) stroke(pen, [[head, [head[0] + 1, head[1]]]], palette.bone, BONE * 5);
  const back = backOf(rep, i);
  if (good && back) mark(pen, [back], COLOURS.clean);
  if (!finding) return;
  const segment = finding.lines.map((pair) => pair.map((place) => pointOf(rep, i, place)));
  const lines = finding.back && back ? [back] : segment.filter((line) => !line.includes(null));
  mark(pen, lines, COLOURS[finding.mark]);
}

function mark(pen, lines, colour) {
  stroke(pen, lines, colour, BONE * 4.5, 0.35);
  stroke(pen, lines, palette.ink, BONE * 2.3);
  stroke(pen, lines, colour, BONE * 1.6);
}

/* ---- clips ---- */

const addresses = new Map();

/** The address of a rep's clip: its bytes once in memory, which every browser can jump about in. */
function clipOf(key) {
  if (!addresses.has(key)) {
    const uri = document.querySelector(`#rep-${key} .this video`).getAttribute("src");
    const letters = atob(uri.slice(uri.indexOf(",") + 1));
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < letters.length; i += 1) bytes[i] = letters.charCodeAt(i);
    addresses.set(key, URL.createObjectURL(new Blob([bytes], { type: "video/mp4" })));
  }
  return addresses.get(key);
}

/** A rep's picture: its canvas, and its video where it has one that plays. */
class Picture {
  constructor(figure, key) {
    this.rep = data.reps[key];
    this.canvas = figure.querySelector("canvas");
    this.video = figure.querySelector("video");
    if (this.rep.clip === undefined) return;
    if (!this.video) {
      this.video = document.createElement("video");
      this.canvas.before(this.video);
    }
    const address = clipOf(key);
    Object.assign(this.video, { muted: true, loop: true, playsInline: true, controls: false, preload: "auto" });
    this.video.tabIndex = -1;
    this.video.setAttribute("aria-hidden", "true");
    this.video.addEventListener("error", () => this.drop());
    this.video.src = address;
  }

  /** Go on without the video. */
  drop() {
    this.video?.remove();
    this.video = null;
  }

  get time() {
    return this.rep.clip + 1000 * this.video.currentTime;
  }

  /** Let the video stand at a time. */
  stand(t) {
    const seconds = Math.max((t - this.rep.clip) / 1000 + 0.001, 0);
    const ready = this.video && this.video.readyState > 0;
    if (ready && !this.video.seeking && Math.abs(this.video.currentTime - seconds) > 0.02) this.video.currentTime = seconds;
    else if (this.video && !ready) this.video.addEventListener("loadedmetadata", () => this.stand(t), { once: true });
  }
}

/* ---- one rep ---- */

const players = new Map();

class Player {
  constructor(card) {
    const key = Number(card.dataset.rep);
    this.card = card;
    this.rep = data.reps[key];
    this.own = new Picture(card.querySelector(".this"), key);
    this.best = this.rep.best ? new Picture(card.querySelector(".best"), this.rep.best) : null;
    this.range = card.querySelector(".track input");
    this.now = card.querySelector(".now");
    this.button = card.querySelector(".play");
    this.speed = card.querySelector("select");
    this.looks = [...card.querySelectorAll(".look")];
    this.chosen = 0;
    this.playing = false;
    this.halted = calm;
    [this.from, this.to] = this.rep.window;
    this.listen();
    this.seek(this.rep.findings.length ? this.rep.findings[0].at : (this.from + this.to) / 2);
  }

  listen() {
    Object.assign(this.range, { min: this.from, max: this.to, step: this.frameMs(), hidden: false });
    this.card.querySelector(".controls").hidden = false;
    this.range.addEventListener("input", () => { this.halt(); this.seek(Number(this.range.value)); });
    this.button.addEventListener("click", () => this.toggle());
    this.speed.addEventListener("change", () => this.hasten());
    this.looks.forEach((look, i) => look.addEventListener("click", () => this.look(i)));
    this.card.querySelector(".player").addEventListener("keydown", (event) => {
      if (event.key !== " " || event.target.closest("button, select, a")) return;
      event.preventDefault();
      this.toggle();
    });
  }

  /** About how long a frame lasts. */
  frameMs() {
    return Math.max(Math.round((this.to - this.from) / Math.max(this.rep.t.length, 1)), 5);
  }

  toggle() {
    if (this.playing) this.halt(); else { this.halted = false; this.play(); }
  }

  /** Stop because somebody wants to look. */
  halt() {
    this.halted = true;
    this.pause();
  }

  pause() {
    this.playing = false;
    this.own.video?.pause();
    this.face();
  }

  play() {
    if (this.playing) return;
    for (const other of players.values()) if (other !== this) other.pause();
    this.playing = true;
    this.hasten();
    this.own.video?.play().catch(() => this.pause());
    this.last = performance.now();
    this.follow();
    this.face();
  }

  hasten() {
    if (this.own.video) this.own.video.playbackRate = Number(this.speed.value);
  }

  face() {
    this.card.classList.toggle("playing", this.playing);
    const title = this.card.querySelector("h3").textContent.trim();
    this.button.setAttribute("aria-label", `${this.playing ? "Pause" : "Play"} ${title}`);
  }

  /** Show what comes next for as long as it plays. */
  follow() {
    if (!this.playing) return;
    const video = this.own.video;
    if (video && video.requestVideoFrameCallback) {
      video.requestVideoFrameCallback((_, frame) => {
        if (this.playing) this.show(this.rep.clip + 1000 * frame.mediaTime);
        this.follow();
      });
      return;
    }
    requestAnimationFrame((now) => {
      if (this.playing) this.show(video ? this.own.time : this.after(now - this.last));
      this.last = now;
      this.follow();
    });
  }

  after(ms) {
    const t = this.t + ms * Number(this.speed.value);
    return t > this.to ? this.from : t;
  }

  seek(t) {
    this.own.stand(t);
    this.show(t);
  }

  /** Stand where a finding is. */
  look(i) {
    this.chosen = i;
    this.looks.forEach((look, k) => look.setAttribute("aria-pressed", String(k === i)));
    this.halt();
    this.seek(this.rep.findings[i].at);
    this.card.querySelector(".player").scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  }

  show(t) {
    this.t = t;
    draw(this.own, t, this.finding(t), false);
    this.range.value = t;
    this.tell(t);
    if (!this.best) return;
    const there = aligned(t, this.rep.knots, this.best.rep.window);
    this.best.stand(there);
    draw(this.best, there, null, true);
  }

  /** What to point out now: the chosen finding, else the gravest one. */
  finding(t) {
    const findings = this.rep.findings;
    const here = ({ span }) => span[0] <= t && t <= span[1];
    return [findings[this.chosen], ...findings].find((finding) => finding && here(finding));
  }

  tell(t) {
    const i = poseAt(this.rep, t);
    const share = i < 0 ? null : this.rep.progress[i];
    const words = `${(t / 1000).toFixed(2)} s${share === null ? "" : ` · ${Math.max(share, 0)} % of the fullest ${data.noun}`}`;
    this.now.textContent = words;
    if (!this.playing) this.range.setAttribute("aria-valuetext", words);
  }
}

/** The moment of the best rep that belongs to a moment of this one. */
function aligned(t, knots, [from, to]) {
  const within = (there) => Math.min(Math.max(there, from), to);
  if (t <= knots[0][0]) return within(knots[0][1] + t - knots[0][0]);
  for (let k = 1; k < knots.length; k += 1) {
    const [[a, b], [c, d]] = [knots[k - 1], knots[k]];
    if (t < c) return within(b + ((d - b) * (t - a)) / (c - a));
  }
  const [a, b] = knots[knots.length - 1];
  return within(b + t - a);
}

/* ---- the page ---- */

function playerOf(card) {
  if (!players.has(card) && card.querySelector(".player")) players.set(card, new Player(card));
  return players.get(card);
}

const cards = [...document.querySelectorAll(".rep")];

/** A rep plays while it is in view, unless somebody stopped it. */
const watch = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting, intersectionRatio } of entries) {
    const card = target.closest(".rep");
    if (!card.open) continue;
    const player = playerOf(card);
    if (isIntersecting && intersectionRatio > 0.6) { if (!player.halted) player.play(); } else player.pause();
  }
}, { threshold: [0, 0.61] });

/** A rep is made ready to play when it is open and less than a screen away: to unpack all clips at once takes long. */
const nearby = new Set();
const approach = new IntersectionObserver((entries) => {
  for (const { target: card, isIntersecting } of entries) {
    if (isIntersecting) nearby.add(card); else nearby.delete(card);
    if (isIntersecting && card.open) playerOf(card);
  }
}, { rootMargin: "100% 0px" });

for (const card of cards) {
  const player = card.querySelector(".player");
  if (player) watch.observe(player.querySelector(".screens"));
  approach.observe(card);
  card.addEventListener("toggle", () => {
    if (!card.open) players.get(card)?.pause();
    else if (nearby.has(card)) playerOf(card);
  });
}

/** Open a rep that was asked for, wherever it is. */
function unfold(card) {
  if (!card) return;
  card.open = true;
  playerOf(card);
}

function openNamed() {
  unfold(cards.find((one) => `#${one.id}` === location.hash));
}

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#rep-"]');
  if (link) unfold(document.getElementById(link.getAttribute("href").slice(1)));
});
addEventListener("hashchange", openNamed);
openNamed();

const strip = [...document.querySelectorAll(".strip a")];
document.querySelector(".strip")?.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const at = strip.indexOf(event.target);
  if (!step || at < 0) return;
  event.preventDefault();
  strip[Math.min(Math.max(at + step, 0), strip.length - 1)].focus();
});

function redraw(colours) {
  palette = colours;
  for (const card of cards) if (card.open) { const player = playerOf(card); player?.show(player.t); }
}
addEventListener("beforeprint", () => redraw(PAPER));
addEventListener("afterprint", () => redraw(SCREEN));
