// Keyboard shortcuts. Single keys never fire while typing and can be switched off (WCAG 2.1.4).
//   /  search      ?  this list      j k  next, previous item      g then a letter  go to a place
// Places are the sidebar's links: <a data-goto="h">.
const off = () => { try { return localStorage.getItem("keys") === "off"; } catch { return false; } };
let afterG = false;

function step(by) {
  const stops = [...document.querySelectorAll(".items h3 a, .table tbody th a")];
  if (!stops.length) return;
  const at = stops.indexOf(document.activeElement);
  stops[Math.min(Math.max(at + by, 0), stops.length - 1)].focus();
}

function go(key) {
  const place = document.querySelector(`[data-goto="${CSS.escape(key)}"]`);
  if (place) location.assign(place.href);
}

document.addEventListener("keydown", (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey || off()) return;
  if (event.target.closest("input, textarea, select, [contenteditable], dialog[open]")) return;
  const { key } = event;
  if (afterG) { afterG = false; go(key); return; }
  if (key === "g") { afterG = true; setTimeout(() => { afterG = false; }, 1200); }
  else if (key === "j") step(1);
  else if (key === "k") step(-1);
  else if (key === "?") document.querySelector("#shortcuts")?.showModal();
  else if (key === "/") { event.preventDefault(); document.querySelector("[data-search]")?.focus(); }
});

const toggle = document.querySelector("#keys-off");
if (toggle) {
  toggle.checked = off();
  toggle.addEventListener("change", () => {
    try { localStorage.setItem("keys", toggle.checked ? "off" : "on"); } catch { /* this page only */ }
  });
}
