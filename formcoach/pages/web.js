"use strict";
/* Follows what happens: asks every other second for the parts of this page, and puts in place those that differ. */

const STEP_MS = 2000;
const STOPS = "a, button, summary, video";
const { poll, digest } = document.body.dataset;
const lost = document.getElementById("lost");
const name = document.title.split(" – ").pop();
let seen = digest;
let over = !poll;
let timer = 0;

/** The element that a part's HTML is; our server has escaped what is in it. */
function elementOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

/** Make a list hold these parts, and touch none that is the same: a clip may be playing in it. */
function put(list, parts) {
  const held = new Map([...list.children].map((element) => [element.id, element]));
  let before = null;
  for (const [id, html] of parts) {
    const old = held.get(id);
    const fresh = elementOf(html);
    held.delete(id);
    if (old) keepOpen(old, fresh);
    const element = old && old.isEqualNode(fresh) ? old : fresh;
    if (old && element !== old) replace(old, element);
    const place = before ? before.nextElementSibling : list.firstElementChild;
    if (place !== element) list.insertBefore(element, place);
    before = element;
  }
  for (const gone of held.values()) gone.remove();
  if (!list.children.length) list.textContent = "";
}

/** What is unfolded stays unfolded. */
function keepOpen(old, fresh) {
  const folded = fresh.querySelectorAll("details");
  old.querySelectorAll("details").forEach((one, i) => { if (folded[i]) folded[i].open = one.open; });
}

/** Put an element in another's place, and the keyboard where it was. */
function replace(old, fresh) {
  const at = [...old.querySelectorAll(STOPS)].indexOf(document.activeElement);
  old.replaceWith(fresh);
  if (at >= 0) fresh.querySelectorAll(STOPS)[at]?.focus({ preventScroll: true });
}

function show(news) {
  for (const [id, parts] of Object.entries(news.lists)) put(document.getElementById(id), parts);
  if (news.title) document.title = `${news.title} – ${name}`;
  seen = news.digest;
  over = news.over;
}

async function look() {
  clearTimeout(timer);
  try {
    const answer = await fetch(`${poll}?seen=${encodeURIComponent(seen)}`, { cache: "no-store" });
    if (answer.status === 200) show(await answer.json());
    else if (answer.status === 404) over = true;
    lost.hidden = true;
  } catch {
    lost.hidden = false;
  }
  if (!over && !document.hidden) timer = setTimeout(look, STEP_MS);
}

if (!over) {
  timer = setTimeout(look, STEP_MS);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !over) look();
  });
}
