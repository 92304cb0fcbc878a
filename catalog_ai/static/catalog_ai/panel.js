/* The panel of a product that the model is about to look at: drawn anew until the result is there. */
"use strict";

(function () {
  const SHOWN = "[name=catalog_ai_shown]";
  const BODY = ".cai-panel-body";
  const live = document.getElementById("cai-panel-live");

  const isMoving = (page) => page.querySelector(BODY)?.dataset.moving === "1";

  /* Only the panel: what the person has typed into the form above stays. */
  function look(page, answer) {
    const body = page.querySelector(BODY);
    if (!answer.ok || !body || isMoving(page)) {
      return false; // under way still; without a panel: logged out, or the product is gone
    }
    document.querySelector(BODY).replaceWith(document.importNode(body, true));
    const filed = page.querySelector(SHOWN)?.value !== document.querySelector(SHOWN)?.value;
    live.textContent = filed ? live.dataset.filed : live.dataset.done;
    return true;
  }

  if (isMoving(document)) {
    CatalogAI.followPage(look, 1000, 15000); // a photo takes about one second
  }
})();
