/* Parts of a page that take a while to count: the page opens without them and asks for them here. */
"use strict";

(function () {
  async function fill(place) {
    const told = place.querySelector("[role=status]");
    told.hidden = false;
    try {
      const response = await fetch(place.dataset.later, { credentials: "same-origin" });
      if (!response.ok) {
        throw new Error(String(response.status));
      }
      place.innerHTML = await response.text();
    } catch {
      told.hidden = true;
      place.querySelector("[data-failed]").hidden = false;
    }
  }

  document.querySelectorAll("[data-later]").forEach(fill);
})();
