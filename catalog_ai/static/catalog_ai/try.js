/* The try-one page: sends a photo without leaving the page, and decides anew as the slider moves. */
"use strict";

(function () {
  const form = document.getElementById("cai-try");
  const fileInput = form.querySelector("input[type=file]");
  const select = form.querySelector("select");
  const range = document.getElementById("cai-range");
  const drop = document.getElementById("cai-drop");
  const preview = document.getElementById("cai-preview");
  const result = document.getElementById("cai-result");
  const status = document.getElementById("cai-status");
  const error = document.getElementById("cai-error");
  const names = range.dataset.names.split("|");
  let shownUrl = "";
  let latest = 0;

  function showSlider() {
    document.getElementById("cai-slider").hidden = false;
    document.getElementById("cai-send").hidden = true;
    range.value = String(100 * Number(select.value));
    select.hidden = true;
    document.getElementById("cai-sensitivity-label").htmlFor = range.id;
    nameValue();
  }

  /* A screen reader hears "Balanced" and not "50". */
  function nameValue() {
    const value = Number(range.value);
    const name = value < 25 ? names[0] : value > 75 ? names[2] : names[1];
    const exact = value === 0 || value === 50 || value === 100;
    range.setAttribute("aria-valuetext", exact ? name : name + " (" + value + ")");
  }

  function makeBadge(badge) {
    const outer = document.createElement("span");
    outer.className = "cai-badge cai-" + badge.tone;
    const sign = document.createElement("span");
    sign.className = "cai-sign";
    sign.setAttribute("aria-hidden", "true");
    sign.textContent = badge.sign;
    outer.append(sign, " " + badge.text);
    return outer;
  }

  function moveMark(svg, kind, value) {
    let line = svg.querySelector(".cai-mark-" + kind);
    if (value > 1) {
      if (line) {
        line.remove();
      }
      return;
    }
    if (!line) {
      line = document.createElementNS("http://www.w3.org/2000/svg", "line");
      line.setAttribute("class", "cai-mark cai-mark-" + kind);
      line.setAttribute("y1", "0");
      line.setAttribute("y2", "100%");
      svg.append(line);
    }
    const length = (100 * Math.max(value, 0)).toFixed(2) + "%";
    line.setAttribute("x1", length);
    line.setAttribute("x2", length);
  }

  function decideAnew() {
    nameValue();
    const element = document.getElementById("cai-try-data");
    if (!element) {
      return;
    }
    const data = JSON.parse(element.textContent);
    const sensitivity = Number(range.value) / 100;
    const byId = new Map(data.labels.map((label) => [label.id, label]));
    for (const row of result.querySelectorAll("tr[data-label]")) {
      const label = byId.get(row.dataset.label);
      const thresholds = CatalogAI.interpolateThresholds(label.thresholds, sensitivity);
      const badges = data.facets.includes(label.facet) ? data.decisions : data.otherDecisions;
      const badge = badges[CatalogAI.decideLabel(label.confidence, thresholds)];
      const svg = row.querySelector("svg");
      moveMark(svg, "review", thresholds.review);
      moveMark(svg, "auto", thresholds.auto);
      svg.querySelector(".cai-bar-fill").setAttribute("class", "cai-bar-fill cai-fill-" + badge.tone);
      row.querySelector(".cai-decision").replaceChildren(makeBadge(badge));
    }
    const key = CatalogAI.decideOutcome(data.labels, sensitivity, data.facets, data.singleValued);
    const outcome = document.getElementById("cai-outcome");
    if (outcome.dataset.outcome !== key) {
      outcome.dataset.outcome = key;
      outcome.replaceChildren(makeBadge(data.outcomes[key]));
    }
  }

  function showError(text) {
    error.textContent = text;
    error.hidden = !text;
    status.textContent = "";
    if (text) {
      result.replaceChildren();
    }
  }

  function showPreview(file) {
    if (shownUrl) {
      URL.revokeObjectURL(shownUrl);
    }
    shownUrl = URL.createObjectURL(file);
    const image = document.createElement("img");
    image.alt = "";
    image.addEventListener("error", () => image.remove());
    image.src = shownUrl;
    preview.replaceChildren(image);
  }

  async function send() {
    const file = fileInput.files[0];
    if (!file) {
      return;
    }
    const turn = ++latest;
    showPreview(file);
    if (file.size > Number(form.dataset.limit)) {
      showError(form.dataset.tooLarge);
      return;
    }
    showError("");
    status.textContent = form.dataset.busy;
    try {
      const response = await fetch(window.location.href, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
        credentials: "same-origin",
      });
      if (response.redirected || response.status === 403) {
        showError(form.dataset.loggedOut);
        return;
      }
      const answer = await response.json();
      if (turn !== latest) {
        return; // another photo was chosen meanwhile
      }
      if (answer.error) {
        showError(answer.error);
        return;
      }
      result.innerHTML = answer.html;
      status.textContent = "";
      decideAnew();
    } catch {
      if (turn === latest) {
        showError(form.dataset.lost);
      }
    }
  }

  function takeDrop(event) {
    event.preventDefault();
    drop.classList.remove("cai-over");
    if (event.dataTransfer.files.length > 0) {
      fileInput.files = event.dataTransfer.files;
      send();
    }
  }

  showSlider();
  decideAnew();
  range.addEventListener("input", decideAnew);
  fileInput.addEventListener("change", send);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("cai-over");
    });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("cai-over"));
  drop.addEventListener("drop", takeDrop);
})();
