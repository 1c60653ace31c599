// <form data-guard-unsaved>: the browser asks before a changed, unsent form is left.

export function guardUnsaved(root) {
  const changed = new Set();
  const guarded = (event) => event.target.closest?.("form[data-guard-unsaved]");
  root.addEventListener("input", (event) => {
    const form = guarded(event);
    if (form) changed.add(form);
  });
  root.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) changed.delete(event.target);
  });
  // A draft that is kept elsewhere says so.
  root.addEventListener("portal:saved", (event) => {
    const form = guarded(event);
    if (form) changed.delete(form);
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed.size > 0) event.preventDefault();
  });
}
