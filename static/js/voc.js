// Small comforts. Every page works without this file.
(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // What needs this script is shown only when it runs.
  all("[data-script]").forEach((part) => { part.hidden = false; });

  // Errors first: the summary gets the focus, also in browsers that do not know autofocus on it.
  const summary = document.getElementById("error-summary");
  if (summary) { summary.focus(); }

  // A second click does nothing; coming back to the page makes it clickable again.
  all("form[data-once]").forEach((form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "yes";
    });
    window.addEventListener("pageshow", () => { delete form.dataset.sent; });
  });

  // How much is written, once it is worth saying.
  all("textarea[data-longest]").forEach((area) => {
    const longest = Number(area.dataset.longest);
    const line = document.createElement("p");
    line.className = "counter";
    line.setAttribute("aria-live", "polite");
    area.after(line);
    const show = () => {
      const length = [...area.value.normalize("NFC").trim()].length;
      line.classList.toggle("is-over", length > longest);
      line.textContent = length < longest * 0.5 ? "" : `${length.toLocaleString()} / ${longest.toLocaleString()}`;
    };
    area.addEventListener("input", show);
    show();
  });

  // Which contact is needed follows the way chosen.
  const needs = all(".need[data-way]");
  if (needs.length) {
    const words = { yes: document.body.dataset.required, no: document.body.dataset.optional };
    const show = () => {
      const chosen = document.querySelector("input[name=reply_by]:checked");
      needs.forEach((mark) => {
        const needed = Boolean(chosen) && chosen.value === mark.dataset.way;
        mark.textContent = needed ? words.yes : words.no;
        mark.classList.toggle("optional", !needed);
      });
    };
    all("input[name=reply_by]").forEach((input) => input.addEventListener("change", show));
    show();
  }

  // The files chosen, by name and size.
  all(".file-names").forEach((list) => {
    const input = document.getElementById(list.dataset.for);
    input.addEventListener("change", () => {
      list.replaceChildren(...[...input.files].map((file) => {
        const row = document.createElement("p");
        const big = file.size > 10 * 1024 * 1024;
        row.className = big ? "field-error" : "mb-1";
        row.textContent = `${file.name} (${(file.size / 1048576).toFixed(1)} MB${big ? " > 10 MB" : ""})`;
        return row;
      }));
    });
  });

  all("[data-print]").forEach((button) => button.addEventListener("click", () => window.print()));

  all("[data-copy]").forEach((button) => button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy).textContent.trim();
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = button.dataset.copied;
    } catch {
      window.getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
    }
  }));
})();
