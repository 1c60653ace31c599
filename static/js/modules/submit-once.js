// A second tap on a sent form does nothing. The button stays enabled (its name and value must be sent)
// and is marked instead; coming back to the page by the browser's history frees the form again.

const sent = new WeakSet();

function mark(form, busy) {
  for (const button of form.querySelectorAll("button[type=submit], input[type=submit], button:not([type])")) {
    if (busy) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }
}

function free(form) {
  sent.delete(form);
  mark(form, false);
}

export function submitOnce(root) {
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || "many" in form.dataset) return;
    if (sent.has(form)) {
      event.preventDefault();
      return;
    }
    sent.add(form);
    mark(form, true);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) root.querySelectorAll("form").forEach(free);
  });
  root.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest?.("form");
    if (form) free(form);
  });
}
