/* A page that waits for something: it looks at itself again, ever more seldom. */
"use strict";

globalThis.CatalogAI = globalThis.CatalogAI || {};

/* Calls `look` with the page as it is by now, and the answer it came with, until that returns true. */
CatalogAI.followPage = function (look, first, longest) {
  let wait = first; // milliseconds

  async function fetchPage() {
    const answer = await fetch(window.location.href, { credentials: "same-origin" });
    return [new DOMParser().parseFromString(await answer.text(), "text/html"), answer];
  }

  async function lookAgain() {
    if (!document.hidden) {
      try {
        if (look(...(await fetchPage()))) {
          return;
        }
      } catch {
        // The server may be on its way back.
      }
      wait = Math.min(1.4 * wait, longest);
    }
    window.setTimeout(lookAgain, wait);
  }

  window.setTimeout(lookAgain, wait);
};
