/* The health page while the catalogue is checked: how far it is, until the check has ended. */
"use strict";

(function () {
  const PARTS = [".cai-health-check", ".cai-health-tabs"];

  const isChecking = (page) => page.querySelector(".cai-health-check")?.dataset.active === "1";

  /* A tick or a half-typed word would be lost with the page. */
  const isTouched = () =>
    document.querySelector("#content-main :checked:not(option), #content-main input:focus") !== null;

  function draw(page) {
    for (const part of PARTS) {
      const [here, there] = [document.querySelector(part), page.querySelector(part)];
      if (here && there && !here.contains(document.activeElement)) {
        here.replaceWith(document.importNode(there, true));
      }
    }
  }

  function look(page, answer) {
    // Logged out: the log-in page leads back here.
    const left = answer.redirected || answer.status === 403;
    if (left || (answer.ok && !isChecking(page) && !isTouched())) {
      window.location.reload();
      return true;
    }
    if (answer.ok) {
      draw(page);
    }
    return answer.ok && !isChecking(page);
  }

  if (isChecking(document)) {
    CatalogAI.followPage(look, 2000, 30000);
  }
})();
