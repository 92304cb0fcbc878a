/* The thresholds page: the figures follow the sliders, from the same address as without scripts. */
"use strict";

(function () {
  const DELAY = 250; // ms of rest before the server is asked
  const form = document.getElementById("cai-thresholds");
  const error = document.getElementById("cai-error");
  let timer = 0;
  let latest = 0;

  /* As the reader writes numbers; what the field holds has a point in every language. */
  function tellSlider(input) {
    const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
    const text = Number(input.value).toLocaleString(document.documentElement.lang, digits);
    input.nextElementSibling.textContent = text;
  }

  function makeSlider(input) {
    if (input.value === "") {
      return; // never files: a slider has no such place
    }
    input.type = "range";
    tellSlider(input);
    input.nextElementSibling.hidden = false;
    input.addEventListener("input", () => tellSlider(input));
  }

  function isUntouched(input) {
    const untouched = input.dataset.untouched;
    if (input.value === "" || untouched === "") {
      return input.value === untouched;
    }
    return Number(input.value) === Number(untouched); // a slider writes 0.5 for 0.50
  }

  function showFigures(box, figures) {
    for (const element of box.querySelectorAll("[data-figure]")) {
      element.textContent = figures[element.dataset.figure];
    }
    for (const element of box.querySelectorAll("[data-width]")) {
      element.setAttribute("width", figures[element.dataset.width]);
      if (element.dataset.x) {
        element.setAttribute("x", figures[element.dataset.x]);
      }
    }
  }

  function showAnswer(answer, sensitivity) {
    showFigures(form, answer.summary);
    const plot = form.querySelector(".cai-plot");
    if (plot && answer.plot) {
      plot.outerHTML = answer.plot; // drawn by the server, in the same size
    }
    for (const row of form.querySelectorAll("tr[data-label]")) {
      const figures = answer.labels[row.dataset.label];
      showFigures(row, figures);
      const input = row.querySelector("input");
      if (input && input.value !== "" && sensitivity !== form.elements.shown.value) {
        input.value = figures.auto;
        input.dataset.untouched = figures.auto;
        tellSlider(input);
      }
    }
    form.elements.shown.value = sensitivity;
  }

  async function ask() {
    const number = ++latest;
    const query = new URLSearchParams(new FormData(form));
    ["csrfmiddlewaretoken", "ask"].forEach((name) => query.delete(name));
    const sensitivity = form.elements.sensitivity.value;
    try {
      const reply = await fetch("?" + query, { headers: { Accept: "application/json" } });
      if (!reply.ok) {
        throw new Error(String(reply.status));
      }
      const answer = await reply.json();
      if (number === latest) {
        showAnswer(answer, sensitivity);
        error.hidden = true;
      }
    } catch {
      error.textContent = form.dataset.failed;
      error.hidden = false;
    }
  }

  form.querySelectorAll("input[name^='auto-']").forEach(makeSlider);
  // Of hundreds of labels only those that were moved: an address has no room for all of them.
  form.addEventListener("formdata", function (event) {
    for (const input of form.querySelectorAll("[data-untouched]")) {
      if (isUntouched(input)) {
        event.formData.delete(input.name);
      }
    }
  });
  form.addEventListener("input", function () {
    clearTimeout(timer);
    timer = setTimeout(ask, DELAY);
  });
})();
