/* Type-ahead for the review queue; without it a category is sent by its typed name. */
"use strict";

let input = null;
let key = null;
let list = null;
let categoryStatus = null;
let search = null;
let searching = null; // the search that goes on, as a promise
let found = null; // how many fit what is typed; null where that is not known

async function suggestCategories() {
  key.value = "";
  found = null;
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
      item.dataset.name = category.name;
      if (category.note) {
        const note = document.createElement("small");
        note.textContent = category.note;
        item.append(" ", note);
      }
      item.dataset.value = category.key;
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        chooseCategory(item);
      });
      return item;
    }),
  );
  found = categories.length;
  list.hidden = found === 0;
  input.setAttribute("aria-expanded", String(!list.hidden));
  markCategory(list.firstElementChild);
  const text = categories.length ? categoryStatus.dataset.some : categoryStatus.dataset.none;
  categoryStatus.textContent = text.replace("%s", categories.length);
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
  input.value = item.dataset.name;
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
    enterCategory(input, marked);
  }
}

/* What was not on the list when Enter was pressed is filed only if it is called just like that. */
async function enterCategory(field, marked) {
  let chosen = list.hidden || found === null ? null : marked; // the list may be of other letters
  await searching;
  if (field !== input) return; // another card by now
  if (!input.value) return input.focus();
  chosen ??= [...list.children].find((item) => isCalled(item, input.value));
  if (chosen && !key.value) chooseCategory(chosen);
  if (found === 0) return tell(categoryStatus.dataset.none, "warning");
  if (found && !key.value) return offerCategories(); // there is a choice to make
  const button = document.getElementById("cai-correct");
  button.form.requestSubmit(button);
}

/* By the button as by Enter: a name that is none is told before the card is left. */
function pressFileThere(event) {
  event.preventDefault();
  enterCategory(input, null);
}

function offerCategories() {
  input.focus();
  list.hidden = false;
  input.setAttribute("aria-expanded", "true");
}

function isCalled(item, name) {
  return item.dataset.name.toLowerCase() === name.trim().toLowerCase();
}

function searchCategories() {
  searching = suggestCategories();
}

/* Called again whenever another card takes this one's place. */
function startCategories() {
  input = document.getElementById("cai-category");
  key = document.getElementById("cai-category-key");
  list = document.getElementById("cai-category-list");
  categoryStatus = document.getElementById("cai-category-status");
  found = searching = null;
  if (!input) return;
  input.role = "combobox";
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-autocomplete", "list");
  input.addEventListener("input", searchCategories);
  input.addEventListener("keydown", steerCategories);
  input.addEventListener("blur", hideCategories);
  document.getElementById("cai-correct").addEventListener("click", pressFileThere);
}

startCategories();
