// <div data-passkey="get|create" data-field="name" hidden> holds a button and a line for what went
// wrong. What the browser is asked stands in data-options, or comes from the address in data-from,
// for the act in data-act. The answer goes into the form's field, and the form is sent.
const TOLD = {
  NotAllowedError: "No passkey was given.",
  InvalidStateError: "This device has a passkey for you already.",
};

async function asked(place, form) {
  if (place.dataset.options) return { options: JSON.parse(place.dataset.options), challenge: "" };
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  body.set("act", place.dataset.act);
  const answer = await fetch(place.dataset.from, { method: "POST", body, redirect: "manual" });
  if (!answer.ok) throw new Error("challenge");
  return answer.json();
}

async function use(place, form) {
  const { options, challenge } = await asked(place, form);
  const answer = await globalThis.webauthnJSON[place.dataset.passkey](options);
  form.elements[place.dataset.field].value = JSON.stringify(answer);
  if (form.elements.challenge) form.elements.challenge.value = challenge;
  form.requestSubmit();
}

async function start(place) {
  const button = place.querySelector("button");
  const said = place.querySelector("[role=status]");
  // Comes with django-allauth: it turns the options and the answer from and into JSON.
  await import("../mfa/js/webauthn-json.js");
  if (!globalThis.webauthnJSON.supported()) return;
  place.hidden = false;
  button.addEventListener("click", async () => {
    if (!button.form.reportValidity()) return;
    button.disabled = true;
    said.textContent = "";
    try {
      await use(place, button.form);
    } catch (error) {
      said.textContent = TOLD[error.name] ?? "That didn’t work. Load the page again, or use another way.";
    }
    button.disabled = false;
  });
}

for (const place of document.querySelectorAll("[data-passkey]")) start(place);
