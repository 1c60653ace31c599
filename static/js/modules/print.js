// <button class="js-only" data-print>: print this page.

export function offerPrint(root) {
  root.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-print]")) window.print();
  });
}
