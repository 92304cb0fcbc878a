/* The page of a run: asks for the progress every few seconds until the run has ended. */
"use strict";

(function () {
  const holder = document.getElementById("cai-progress");
  const live = document.getElementById("cai-live");
  if (!holder || !holder.dataset.poll) {
    return;
  }
  const pause = 1000 * Number(holder.dataset.seconds);
  const longest = 30000;
  let wait = pause;
  let told = -1;
  let leaving = false;

  /* What a button has asked for is on its way: loading the page anew would break it off. */
  document.addEventListener("submit", () => {
    leaving = true;
  });

  /* What is open stays open when the parts are drawn anew. */
  function draw(parts) {
    for (const [id, html] of Object.entries(parts)) {
      const part = document.getElementById(id);
      const open = [...part.querySelectorAll("details")].map((item) => item.open);
      const focused = part.contains(document.activeElement);
      if (focused) {
        continue; // somebody is in the midst of it
      }
      part.innerHTML = html;
      part.querySelectorAll("details").forEach((item, index) => {
        item.open = Boolean(open[index]);
      });
    }
  }

  /* A screen reader hears every tenth of the way, not every look. */
  function tell(answer) {
    const tenth = Math.floor(answer.percent / 10);
    if (tenth !== told) {
      told = tenth;
      live.textContent = answer.summary;
    }
  }

  async function look() {
    if (document.hidden) {
      window.setTimeout(look, pause);
      return;
    }
    try {
      const response = await fetch(holder.dataset.poll, { credentials: "same-origin" });
      if (response.redirected || response.status === 403) {
        window.location.reload(); // logged out: the log-in page leads back here
        return;
      }
      if (!response.ok) {
        throw new Error(String(response.status));
      }
      const answer = await response.json();
      if (leaving) {
        return;
      }
      wait = pause;
      draw(answer.parts);
      tell(answer);
      if (!answer.active) {
        window.location.reload(); // other buttons belong to a run that has ended
        return;
      }
    } catch {
      wait = Math.min(2 * wait, longest); // the server may be on its way back
    }
    window.setTimeout(look, wait);
  }

  window.setTimeout(look, pause);
})();
