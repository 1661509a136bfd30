// Small comforts of the back-office. Every page works without this file.
(() => {
  "use strict";
  const all = (selector) => [...document.querySelectorAll(selector)];

  all("[data-script]").forEach((part) => { part.hidden = false; });

  const summary = document.getElementById("error-summary");
  if (summary) { summary.focus(); }

  // A link of the summary may lead into a folded part.
  const unfold = (target) => {
    const folded = target && target.closest("details");
    if (folded) { folded.open = true; }
  };
  all(".error-summary a").forEach((link) => link.addEventListener("click", () => {
    const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    unfold(target);
    if (target) { target.focus(); }
  }));

  // A second click does nothing; coming back to the page makes it clickable again.
  all("form[data-once]").forEach((form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "yes";
    });
    window.addEventListener("pageshow", () => { delete form.dataset.sent; });
  });

  // A reply template goes into the answer without a round to the server.
  all("[data-insert]").forEach((button) => button.addEventListener("click", (event) => {
    const form = button.form;
    const text = document.querySelector(`template[data-reply="${form.elements.template.value}"]`);
    if (!text) { return; }
    event.preventDefault();
    const answer = form.elements.answer;
    answer.value = [answer.value.trim(), text.content.textContent].filter(Boolean).join("\n\n");
    answer.focus();
  }));

  // Wide screens have room for all filters.
  if (window.matchMedia("(min-width: 64rem)").matches) {
    all("[data-open-wide]").forEach((part) => { part.open = true; });
  }

  // What only some channels need opens with them.
  const channel = document.getElementById("id_channel");
  if (channel) {
    channel.addEventListener("change", () => {
      all("[data-show-for]").forEach((part) => { if (part.dataset.showFor === channel.value) { part.open = true; } });
    });
  }

  // Sixty lines are shown, the rest at a press.
  all("[data-long]").forEach((text) => {
    text.classList.add("is-long");
    if (text.scrollHeight <= text.clientHeight + 8) { text.classList.remove("is-long"); return; }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet";
    button.textContent = "나머지 모두 보기";
    button.addEventListener("click", () => { text.classList.remove("is-long"); button.remove(); });
    text.after(button);
  });

  // Django's lists become cards on a narrow screen: each value says what it is.
  const heads = all("#result_list thead th").map((head) => head.innerText.trim());
  all("#result_list tbody tr").forEach((row) => [...row.children].forEach((cell, place) => {
    if (cell.tagName === "TD" && heads[place] && !cell.matches(".action-checkbox")) { cell.dataset.label = heads[place]; }
    if (["", "-"].includes(cell.textContent.trim()) && !cell.querySelector("img, input")) { cell.classList.add("is-empty"); }
  }));

  all("[data-print]").forEach((button) => button.addEventListener("click", () => window.print()));
})();
