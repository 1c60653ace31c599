// data-focus: where reading starts when the page arrives (the error summary).

export function focusFirst(root) {
  root.querySelector("[data-focus]")?.focus();
  root.addEventListener("htmx:afterSwap", (event) => {
    event.target.querySelector?.("[data-focus]")?.focus();
  });
}
