/* A card decided in the list loads the list anew: it opens where it was, and says what was saved. */
"use strict";

const PLACE = "catalog-ai-place";
const TWICE = 500; // ms in which a second click is the first one's, and not the next card's

let decidedAt = 0;

function keepPlace(event) {
  const card = event.submitter?.closest(".cai-review-card");
  if (!card) return;
  if (Date.now() - decidedAt < TWICE) return event.preventDefault();
  decidedAt = Date.now();
  const place = {
    at: decidedAt,
    address: location.href,
    top: card.parentElement.getBoundingClientRect().top,
    card: [...card.parentElement.children].indexOf(card),
    byKey: event.submitter.matches(":focus-visible"),
  };
  sessionStorage.setItem(PLACE, JSON.stringify(place));
}

function openPlace() {
  const place = JSON.parse(sessionStorage.getItem(PLACE));
  sessionStorage.removeItem(PLACE);
  const list = document.querySelector(".cai-review-cards");
  if (!list || place?.address !== location.href) return;
  decidedAt = place.at;
  scrollBy({ top: list.getBoundingClientRect().top - place.top, behavior: "instant" });
  const card = list.children[Math.min(place.card, list.children.length - 1)];
  if (place.byKey) card.querySelector("a").focus({ preventScroll: true });
  const said = document.querySelector(".messagelist");
  if (said?.getBoundingClientRect().bottom < 0) {
    tell(said.innerText.trim(), said.lastElementChild.className);
  }
}

document.addEventListener("submit", keepPlace);
openPlace();
