// [data-tick-all] in a [data-tick-group]: ticks and unticks the boxes of the group, and follows them.

const boxesOf = (group) => [
  ...group.querySelectorAll("input[type=checkbox]:not([data-tick-all])"),
];

function follow(group) {
  const all = group.querySelector("[data-tick-all]");
  if (!all) return;
  const boxes = boxesOf(group);
  const ticked = boxes.filter((box) => box.checked).length;
  all.checked = ticked === boxes.length;
  all.indeterminate = ticked > 0 && !all.checked;
}

export function tickAll(root) {
  const followAll = () => root.querySelectorAll("[data-tick-group]").forEach(follow);
  root.addEventListener("change", ({ target }) => {
    const group = target.closest?.("[data-tick-group]");
    if (!group) return;
    if (target.matches("[data-tick-all]")) {
      for (const box of boxesOf(group)) box.checked = target.checked;
    }
    follow(group);
  });
  // A page that comes back from the history has its boxes as they were left.
  window.addEventListener("pageshow", followAll);
  followAll();
}
