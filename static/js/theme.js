// Theme button: system -> light -> dark. The choice is a cookie that the server reads, so it writes
// <html data-theme> and the page never flashes. Without script the same form does it by reloading.
const root = document.documentElement;
const names = { system: "Theme: same as system", light: "Theme: light", dark: "Theme: dark" };
const order = Object.keys(names);

function apply(theme, form) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  form.elements.theme.value = order[(order.indexOf(theme) + 1) % order.length];
  const button = form.querySelector("button");
  button.setAttribute("aria-label", names[theme]);
  button.title = names[theme];
}

// One after the other: answers that overtook each other would leave the older choice in the cookie.
let sending = Promise.resolve();

function send(form, body) {
  const keep = () => fetch(form.action, { method: "POST", body, redirect: "manual", keepalive: true });
  sending = sending.then(keep, keep);
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-theme-form]");
  if (!form) return;
  event.preventDefault();
  const body = new FormData(form);
  apply(body.get("theme"), form);
  send(form, body);
});
