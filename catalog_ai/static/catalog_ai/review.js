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
  if (keysDialog.open) return hideKeys(event);
  if (isTyping(event.target) || !keysAreOn()) return;
  const element = findByKey(event.key.toLowerCase());
  if (!element) return;
  event.preventDefault();
  if (element.tagName === "INPUT") element.focus();
  else element.click();
}

/* The key that opened them closes them, as Escape does. */
function hideKeys(event) {
  if (event.key === "?") keysDialog.close();
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

document.addEventListener("keydown", pressKey);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-key='?']")) showKeys();
});
document.querySelector("[data-key='t']")?.addEventListener("click", tickAll);
keysSwitch.addEventListener("change", () =>
  localStorage.setItem(SWITCH, keysSwitch.checked ? "on" : "off"),
);
boxes.forEach((box) => box.addEventListener("click", tickRange));
if (boxes.length) tellTicked();
