// The front desk: keys, a board that refreshes itself, the first field ready. All works without.
(() => {
  "use strict";
  const KEPT = "desk-shortcuts";
  const EVERY = 10000;

  const focus = document.querySelector("[data-focus]");
  if (focus) {
    const field = document.getElementById(focus.dataset.focus);
    if (field) { field.focus(); }
  }

  // One key for each thing, by its place on the keyboard: also while typing Korean. Can be off.
  const remembered = () => { try { return localStorage.getItem(KEPT); } catch { return null; } };
  let on = remembered() !== "off";
  const toggle = document.querySelector("[data-shortcuts]");
  const show = () => {
    if (!toggle) { return; }
    toggle.textContent = on ? toggle.dataset.on : toggle.dataset.off;
    toggle.setAttribute("aria-pressed", String(on));
    document.querySelectorAll("[data-shortcut]").forEach((mark) => { mark.hidden = !on; });
  };
  if (toggle) {
    toggle.addEventListener("click", () => {
      on = !on;
      try { localStorage.setItem(KEPT, on ? "on" : "off"); } catch { /* private window */ }
      show();
    });
    show();
  }
  const writes = (target) => target.closest("input:not([type=hidden]), textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !toggle) {
      const back = document.querySelector(".desk-page a[href]");
      if (back && !writes(event.target)) { back.click(); }
      return;
    }
    if (!on || !toggle || event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) { return; }
    if (writes(event.target)) { return; }
    const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
    const what = digit && document.querySelector(`[data-key="${digit[1]}"]`);
    if (what) { event.preventDefault(); what.click(); }
  });

  // The board: fetched again and put in place; the focus stays where it was.
  const board = document.querySelector("[data-board]");
  if (!board) { return; }
  const stale = document.getElementById("board-stale");
  let failed = 0;
  const refresh = async () => {
    if (document.hidden) { return; }
    try {
      const answer = await fetch(board.dataset.board, { credentials: "same-origin", redirect: "error" });
      if (!answer.ok) { throw new Error(String(answer.status)); }
      const text = await answer.text();
      const focused = board.contains(document.activeElement) ? document.activeElement.id : "";
      const fresh = new DOMParser().parseFromString(text, "text/html");
      board.replaceChildren(...fresh.body.childNodes);
      const again = focused && document.getElementById(focused);
      if (again) { again.focus({ preventScroll: true }); }
      failed = 0;
    } catch {
      failed += 1;
    }
    if (stale) { stale.hidden = failed < 3; }
  };
  setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", refresh);
})();
