/* Keys, ticking and type-ahead for the review queue. Every function also works without this. */
"use strict";

document.documentElement.classList.add("cai-has-js");

const SWITCH = "catalog-ai-keys";
const root = document.querySelector(".cai-review");
const keysDialog = document.getElementById("cai-keys");
const keysSwitch = document.getElementById("cai-keys-on");

function keysAreOn() {
  return localStorage.getItem(SWITCH) !== "off";
}

function isTyping(element) {
  return element.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
}

function findByKey(key) {
  return [...document.querySelectorAll("[data-key]")].find((element) =>
    element.dataset.key.split(" ").includes(key),
  );
}

function pressKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (isTyping(event.target) || keysDialog.open || !keysAreOn()) return;
  const element = findByKey(event.key.toLowerCase());
  if (!element) return;
  event.preventDefault();
  if (element.tagName === "INPUT") element.focus();
  else element.click();
}

function showKeys() {
  keysSwitch.checked = keysAreOn();
  keysDialog.showModal();
}

/* Ticking many cards: Shift takes the range from the last one. */

const boxes = [...document.querySelectorAll("input[name=suggestion]")];
let lastBox = null;

function tickRange(event) {
  const box = event.target;
  if (event.shiftKey && lastBox) {
    const [from, to] = [boxes.indexOf(lastBox), boxes.indexOf(box)].sort((a, b) => a - b);
    boxes.slice(from, to + 1).forEach((other) => {
      if ("first" in other.dataset) other.checked = box.checked;
    });
  }
  lastBox = box;
  tellTicked();
}

function tickAll() {
  const firsts = boxes.filter((box) => "first" in box.dataset);
  const tick = firsts.some((box) => !box.checked);
  firsts.forEach((box) => (box.checked = tick));
  tellTicked();
}

function tellTicked() {
  const output = document.getElementById("cai-ticked");
  const number = boxes.filter((box) => box.checked).length;
  if (output) output.textContent = output.dataset.one.replace("%s", number);
}

/* Type-ahead over the shop's own categories. */

const input = document.getElementById("cai-category");
const key = document.getElementById("cai-category-key");
const list = document.getElementById("cai-category-list");
const status = document.getElementById("cai-category-status");
let search = null;

async function suggestCategories() {
  key.value = "";
  search?.abort();
  search = new AbortController();
  const address = `${root.dataset.categories}&q=${encodeURIComponent(input.value)}`;
  try {
    const answer = await fetch(address, { signal: search.signal, credentials: "same-origin" });
    if (!answer.ok) return hideCategories();
    showCategories((await answer.json()).categories);
  } catch (error) {
    // Typing on cancels the last search; without a network, the name is still sent as typed.
    if (error.name !== "AbortError") hideCategories();
  }
}

function showCategories(categories) {
  list.replaceChildren(
    ...categories.map((category, place) => {
      const item = document.createElement("li");
      item.id = `cai-category-${place}`;
      item.role = "option";
      item.textContent = category.name;
      item.dataset.value = category.key;
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        chooseCategory(item);
      });
      return item;
    }),
  );
  list.hidden = categories.length === 0;
  input.setAttribute("aria-expanded", String(!list.hidden));
  markCategory(list.firstElementChild);
  const text = categories.length ? status.dataset.some : status.dataset.none;
  status.textContent = text.replace("%s", categories.length);
}

function hideCategories() {
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function markCategory(item) {
  for (const other of list.children) other.ariaSelected = String(other === item);
  if (!item) return input.removeAttribute("aria-activedescendant");
  input.setAttribute("aria-activedescendant", item.id);
  item.scrollIntoView({ block: "nearest" });
}

function chooseCategory(item) {
  input.value = item.textContent;
  key.value = item.dataset.value;
  hideCategories();
}

function steerCategories(event) {
  const marked = list.querySelector("[aria-selected=true]");
  if (event.key === "Escape") {
    if (list.hidden) input.blur();
    hideCategories();
  } else if (event.key === "ArrowDown" && !list.hidden) {
    event.preventDefault();
    markCategory(marked?.nextElementSibling ?? list.firstElementChild);
  } else if (event.key === "ArrowUp" && !list.hidden) {
    event.preventDefault();
    markCategory(marked?.previousElementSibling ?? list.lastElementChild);
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (!list.hidden && marked) chooseCategory(marked);
    if (input.value) document.getElementById("cai-correct").click();
  }
}

/* The next card's page and photo are fetched while this one is looked at. */

function prefetchNext() {
  const next = document.querySelector("a[rel=next]");
  if (!next) return;
  const link = document.createElement("link");
  link.rel = "prefetch";
  link.href = next.href;
  document.head.append(link);
}

document.addEventListener("keydown", pressKey);
document.querySelector("[data-key='?']")?.addEventListener("click", showKeys);
document.querySelector("[data-key='t']")?.addEventListener("click", tickAll);
keysSwitch.addEventListener("change", () =>
  localStorage.setItem(SWITCH, keysSwitch.checked ? "on" : "off"),
);
boxes.forEach((box) => box.addEventListener("click", tickRange));
if (boxes.length) tellTicked();
if (input) {
  input.role = "combobox";
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-autocomplete", "list");
  input.addEventListener("input", suggestCategories);
  input.addEventListener("keydown", steerCategories);
  input.addEventListener("blur", hideCategories);
}
prefetchNext();
