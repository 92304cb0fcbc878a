/* A closer look at a card: where the model looked, and approved products that look alike. */
"use strict";

const REST = 300; // milliseconds on a card before its like are fetched: fast hands need none
let looking = false; // kept from card to card
let nearestTimer = null;

const getLook = () => document.querySelector(".cai-look");
const getPhoto = () => document.querySelector(".cai-focus-photo");

function showLook(address) {
  const link = getLook();
  let shade = getPhoto().querySelector(".cai-attention");
  if (!shade) {
    shade = new Image();
    shade.className = "cai-attention";
    shade.alt = link.dataset.alt;
    shade.addEventListener("error", () => failLook(shade));
    getPhoto().append(shade);
  }
  if (shade.getAttribute("src") !== address) shade.src = address;
}

function failLook(shade) {
  shade.remove();
  document.getElementById("cai-told").textContent = getLook()?.dataset.failed ?? "";
}

function drawLook() {
  const link = getLook();
  if (!link) return;
  link.setAttribute("role", "button");
  link.setAttribute("aria-pressed", String(looking));
  if (looking) showLook(link.dataset.look);
  else getPhoto()?.querySelector(".cai-attention")?.remove();
}

/* While it is on, the choice under the pointer or the focus tells which label is looked for. */
function followChoice(event) {
  const choice = event.target.closest?.(".cai-focus-choice[data-look]");
  if (looking && choice) showLook(choice.dataset.look);
}

async function fillNearest() {
  const place = document.querySelector("[data-nearest]");
  if (!place || place.childElementCount) return;
  const answer = await fetch(place.dataset.nearest, { credentials: "same-origin" }).catch(() => null);
  if (answer?.ok && !answer.redirected) place.innerHTML = await answer.text();
}

function startLook() {
  drawLook();
  clearTimeout(nearestTimer);
  nearestTimer = setTimeout(fillNearest, REST);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".cai-look");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  looking = !looking;
  drawLook();
});
document.addEventListener("pointerover", followChoice);
document.addEventListener("focusin", followChoice);
looking = document.querySelector(".cai-attention") !== null; // asked for in the address
startLook();
