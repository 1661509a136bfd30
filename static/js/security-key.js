// What the browser says of a security key that did not work is said on the page, in plain words.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.querySelectorAll("[data-key-error]").forEach((line) => { line.hidden = false; });
});
