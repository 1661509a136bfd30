// Two minutes before a session ends it is said, and can be prolonged. Without this file it just ends.
(() => {
  "use strict";
  const box = document.getElementById("session-end");
  if (!box) { return; }
  const words = document.getElementById("session-end-words");
  const form = box.querySelector("form");
  const WARN = Number(box.dataset.warn || 120);
  let timer = 0;
  let before = null;

  const later = (seconds, what) => {
    clearTimeout(timer);
    timer = setTimeout(what, Math.max(1, seconds) * 1000);
  };
  const ask = async (method) => {
    const answer = await fetch(box.dataset.url, {
      method, credentials: "same-origin", redirect: "error",
      body: method === "POST" ? new FormData(form) : undefined,
    });
    return answer.ok ? answer.json() : { left: 0, more: false };
  };
  const hide = () => {
    box.hidden = true;
    if (before) { before.focus({ preventScroll: true }); }
    before = null;
  };
  const over = () => {
    words.textContent = words.dataset.over;
    form.hidden = true;
    box.hidden = false;
  };
  // What is left may be more than this page knows: work in another window counts too.
  const look = async () => {
    let now;
    try { now = await ask("GET"); } catch { later(30, look); return; }
    if (now.left <= 0) { over(); return; }
    if (now.left > WARN) { hide(); later(now.left - WARN, look); return; }
    words.textContent = now.more ? words.dataset.soon : words.dataset.last;
    form.hidden = !now.more;
    if (box.hidden) {
      box.hidden = false;
      if (now.more) { before = document.activeElement; form.querySelector("button").focus({ preventScroll: true }); }
    }
    later(Math.min(now.left + 1, 15), look);
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const now = await ask("POST");
      if (now.left <= 0) { over(); return; }
      hide();
      later(now.left - WARN, look);
    } catch { later(5, look); }
  });
  later(Number(box.dataset.left) - WARN, look);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { look(); } });
})();
