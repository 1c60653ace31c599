// data-confirm="question" on a form or on one of its buttons: ask before it is sent.
// data-confirm-yes="word" names the answer that goes ahead.

function build(question, yes) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  const text = document.createElement("p");
  text.id = "confirm-text";
  text.textContent = question;
  dialog.setAttribute("aria-labelledby", text.id);
  const bar = document.createElement("div");
  bar.className = "actionbar";
  for (const [value, label, look] of [["", "取消", "btn-secondary"], ["yes", yes, "btn-primary"]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `btn ${look}`;
    button.textContent = label;
    button.addEventListener("click", () => dialog.close(value));
    bar.append(button);
  }
  dialog.append(text, bar);
  document.body.append(dialog);
  return dialog;
}

function ask(question, yes) {
  return new Promise((resolve) => {
    const dialog = build(question, yes);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    dialog.showModal();
  });
}

export function confirmFirst(root) {
  const agreed = new WeakSet();
  root.addEventListener(
    "submit",
    async (event) => {
      const form = event.target;
      const button = event.submitter;
      const asking = [button, form].find((element) => element?.dataset.confirm);
      if (!asking || agreed.has(form)) {
        agreed.delete(form);
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      if (await ask(asking.dataset.confirm, asking.dataset.confirmYes ?? "确定")) {
        agreed.add(form);
        form.requestSubmit(button);
      }
    },
    { capture: true },
  );
}
