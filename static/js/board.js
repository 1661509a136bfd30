// The dashboard refreshes its figures by itself. All works without: the page has a link to reload.
(() => {
  "use strict";
  const board = document.querySelector("[data-board]");
  if (!board) { return; }
  const every = Number(board.dataset.every) * 1000;
  const at = document.getElementById("board-at");
  const stale = document.getElementById("board-stale");
  const news = document.getElementById("board-news");
  const known = new Map();
  let said = board.querySelector("[data-news]")?.dataset.news;
  let running = false;

  // A part is put in place only where it changed: focus, scroll and what was opened stay.
  const replace = (part, fresh) => {
    const open = new Set([...part.querySelectorAll("details[open][id]")].map((one) => one.id));
    const scrolled = [...part.querySelectorAll(".board-scroll")].map((one) => one.scrollLeft);
    const inside = part.contains(document.activeElement) ? document.activeElement : null;
    const focused = inside && (inside.id ? `#${CSS.escape(inside.id)}` : inside.getAttribute("href") && `a[href="${CSS.escape(inside.getAttribute("href"))}"]`);
    part.replaceChildren(...fresh.childNodes);
    open.forEach((id) => { const one = document.getElementById(id); if (one) { one.open = true; } });
    part.querySelectorAll(".board-scroll").forEach((one, place) => { one.scrollLeft = scrolled[place] || 0; });
    const again = focused && part.querySelector(focused);
    if (again) { again.focus({ preventScroll: true }); }
  };

  const refresh = async () => {
    if (document.hidden || running) { return; }
    running = true;
    try {
      const answer = await fetch(board.dataset.board, { credentials: "same-origin", redirect: "error" });
      if (!answer.ok) { throw new Error(String(answer.status)); }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      page.querySelectorAll("[data-part]").forEach((fresh) => {
        const part = document.getElementById(fresh.id);
        const text = fresh.innerHTML;
        if (part && known.get(fresh.id) !== text) {
          if (known.has(fresh.id) || part.innerHTML !== text) { replace(part, fresh); }
          known.set(fresh.id, text);
        }
      });
      const fresh = page.querySelector("[data-at]");
      if (at && fresh) { at.textContent = fresh.dataset.at; }
      const told = page.querySelector("[data-news]")?.dataset.news;
      if (news && told !== undefined && told !== said) { news.textContent = told; said = told; }
      if (stale) { stale.hidden = true; }
    } catch {
      if (stale) { stale.hidden = false; }
    } finally {
      running = false;
    }
  };
  setInterval(refresh, every);
  document.addEventListener("visibilitychange", refresh);

  // Choosing a day means choosing by days.
  const period = document.getElementById("id_period");
  ["id_first", "id_last"].forEach((id) => {
    document.getElementById(id)?.addEventListener("change", () => { period.value = "free"; });
  });
})();
