// <fieldset data-formset="prefix"> with a <template> of one row: a button adds rows. Without JavaScript the blank
// rows serve; with it those marked data-formset-spare wait for the button.

function enter(row) {
  row.hidden = false;
  row.querySelector("input:not([type=hidden])")?.focus();
}

export function growFormsets(root) {
  for (const row of root.querySelectorAll("[data-formset-spare]")) row.hidden = true;
  root.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-formset-add]");
    const formset = button?.closest("[data-formset]");
    if (!formset) return;
    const spare = formset.querySelector("[data-formset-spare][hidden]");
    if (spare) {
      enter(spare);
      return;
    }
    const total = formset.querySelector(`[name="${formset.dataset.formset}-TOTAL_FORMS"]`);
    const most = formset.querySelector(`[name="${formset.dataset.formset}-MAX_NUM_FORMS"]`);
    if (Number(total.value) >= Number(most.value)) {
      button.disabled = true;
      return;
    }
    const row = formset.querySelector("template").content.cloneNode(true);
    for (const element of row.querySelectorAll("*")) {
      for (const attribute of element.attributes) {
        attribute.value = attribute.value.replaceAll("__prefix__", total.value);
      }
    }
    const rows = formset.querySelectorAll("[data-formset-row]");
    const last = rows[rows.length - 1];
    if (last) last.after(row);
    else formset.prepend(row);
    total.value = String(Number(total.value) + 1);
    enter(formset.querySelectorAll("[data-formset-row]")[rows.length]);
  });
}
