/* One by one without a wait: the cards ahead are fetched early, decisions are sent behind. */
"use strict";

const AHEAD = 3; // cards fetched before they are wanted
const PARTS = [".breadcrumbs", "#content > h2", ".cai-focus"];
const told = document.getElementById("cai-told");

let ahead = []; // {pk, address, document} of the cards to come
let returned = []; // cards whose decision could not be saved
let decided = new Set();
let filling = null; // the fetching that goes on, as a promise
let waiting = false; // a decision waits for the next card: a second key must not decide it twice
let sending = Promise.resolve(); // one after the other, so that undo finds them in order
let unsent = 0;

const getCard = (page) => page.querySelector(".cai-focus[data-card]");
const getNextLink = (page) => page.querySelector(".cai-focus a[rel=next]");

function tell(text, level) {
  told.textContent = text;
  told.className = `cai-told ${level}`;
}

function countUnsent(change) {
  unsent += change;
  told.dataset.unsent = unsent;
}

async function fetchCard(address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const card = getCard(page);
  if (!answer.ok || !card) return null; // the queue's end, or the log-in page
  const photo = card.querySelector(".cai-focus-photo img");
  if (photo) new Image().src = photo.getAttribute("src");
  return { pk: card.dataset.card, address: card.dataset.here, document: page };
}

/* Fetch card after card until enough lie ready, or the queue starts over with a known one. */
function fillAhead() {
  filling ??= fetchAhead().finally(() => (filling = null));
}

async function fetchAhead() {
  try {
    while (ahead.length < AHEAD) {
      const last = ahead.at(-1)?.document ?? document;
      const link = getNextLink(last);
      const card = link && (await fetchCard(link.getAttribute("href")));
      if (!card || isKnown(card.pk)) break;
      ahead.push(card);
    }
  } catch {
    tell(told.dataset.offline, "warning"); // the links still work; the next key tries again
  }
}

function isKnown(pk) {
  const shown = getCard(document)?.dataset.card;
  return pk === shown || decided.has(pk) || ahead.some((card) => card.pk === pk);
}

function keepCard() {
  const card = getCard(document);
  return { pk: card.dataset.card, address: card.dataset.here, document: document.cloneNode(true) };
}

function showCard(card) {
  for (const part of PARTS) {
    const [here, there] = [document.querySelector(part), card.document.querySelector(part)];
    if (here && there) here.replaceWith(document.importNode(there, true));
  }
  document.title = card.document.title;
  history.replaceState(null, "", card.address);
  document.querySelector("#cai-undo [name=next]").value = card.address;
  startCategories();
  startLook();
  getCard(document).focus({ preventScroll: true });
  scrollTo({ top: 0 });
  fillAhead();
}

const takeNext = () => returned.shift() ?? ahead.shift();

/* Post a form as a script does; throws where the answer is none of ours. */
async function post(form, data) {
  const answer = await fetch(form.action, {
    method: "POST",
    body: data,
    headers: { Accept: "application/json" },
    credentials: "same-origin",
    keepalive: true, // sent even where the page is left now
  });
  // Without a session: sent on to the log-in page, or the form's token is refused.
  if (answer.redirected || answer.status === 403) throw new Error(told.dataset.loggedOut);
  if (!answer.ok) throw new Error(told.dataset.offline);
  return answer.json();
}

/* A browser's own words for a network that is gone are not in the reader's language. */
const tellWhy = (error) =>
  error.message === told.dataset.loggedOut ? error.message : told.dataset.offline;

function readForm(form, button) {
  const data = new FormData(form);
  if (button?.name) data.append(button.name, button.value);
  return data;
}

async function waitForNext() {
  waiting = true;
  if (!returned.length && !ahead.length) await filling;
  waiting = false;
  return takeNext();
}

async function decideCard(form, button) {
  if (waiting) return;
  const next = await waitForNext();
  if (!next) return leaveQueue(form, button);
  const card = keepCard();
  const data = readForm(form, button);
  decided.add(card.pk);
  countUnsent(1);
  sending = sending.then(() => sendDecision(form, data, card));
  showCard(next);
}

async function sendDecision(form, data, card) {
  const title = getCard(card.document).ariaLabel;
  try {
    const answer = await post(form, data);
    const [text, level] = joinMessages(answer);
    if (answer.settled) return tell(text, level);
    tell(`${told.dataset.lost.replace("%s", title)} ${text}`, "error");
  } catch (error) {
    tell(`${told.dataset.lost.replace("%s", title)} ${tellWhy(error)}`, "error");
  } finally {
    countUnsent(-1);
  }
  decided.delete(card.pk);
  returned.push(card);
}

function joinMessages(answer) {
  const text = answer.messages.map((message) => message.text).join(" ");
  return [text, answer.messages.at(-1)?.level ?? "info"];
}

/* With no card ahead the plain form goes on, after everything before it has been sent. */
async function leaveQueue(form, button) {
  waiting = true;
  await sending;
  waiting = false;
  if (returned.length) {
    returned.push(keepCard());
    return showCard(returned.shift());
  }
  const next = getNextLink(document);
  if (next && decided.has(new URL(next.href).pathname.match(/(\d+)\/$/)?.[1])) {
    form.elements.next.value = document.querySelector(".cai-focus [data-key=q]").getAttribute("href");
  }
  form.dataset.plain = "1";
  form.requestSubmit(button);
}

async function skipCard(event) {
  event.preventDefault();
  if (waiting) return;
  const next = await waitForNext();
  if (next) showCard(next);
  else location.assign(getNextLink(document).href);
}

async function undoLast(form) {
  if (waiting) return;
  waiting = true; // no key may decide a card that is about to be replaced
  try {
    await sending;
    const answer = await post(form, readForm(form));
    tell(...joinMessages(answer));
    if (answer.card) await showUndone(answer.card);
  } catch (error) {
    tell(tellWhy(error), "error");
  } finally {
    waiting = false;
  }
}

async function showUndone(address) {
  const card = await fetchCard(address);
  if (!card) return;
  decided.delete(card.pk);
  const shown = keepCard();
  ahead = ahead.filter((other) => other.pk !== card.pk);
  if (shown.pk !== card.pk) ahead.unshift(shown);
  showCard(card);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!getCard(document) || form.dataset.plain) return;
  if (form.id !== "cai-review-card-form" && form.id !== "cai-undo") return;
  event.preventDefault();
  if (form.id === "cai-undo") undoLast(form);
  else decideCard(form, event.submitter);
});
document.addEventListener("click", (event) => {
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey);
  if (getCard(document) && plain && event.target.closest("a[rel=next]")) skipCard(event);
});
addEventListener("beforeunload", (event) => {
  if (unsent) event.preventDefault();
});
if (getCard(document)) fillAhead();
