// The visit form: matters on demand, quick dates, the cursor where one wants to write.

/** Rows on demand: matters ("matter", prefix m) and guests ("guest", prefix g). */
function rowsOnDemand(form, name, prefix) {
  const add = form.querySelector(`[data-add-${name}]`);
  const template = form.querySelector(`#${name}-template`);
  const total = form.querySelector(`[name="${prefix}-TOTAL_FORMS"]`);
  const most = Number(form.querySelector(`[name="${prefix}-MAX_NUM_FORMS"]`)?.value ?? 20);
  if (!add || !template || !total) return;

  const rows = () => [...form.querySelectorAll(`.${name}`)];
  const hidden = () => rows().find((row) => row.matches("[data-blank]:not(.is-wanted)"));

  function grow() {
    const number = Number(total.value);
    if (number >= most) return null;
    const holder = document.createElement("div");
    holder.innerHTML = template.innerHTML.replaceAll("__prefix__", String(number));
    const row = holder.firstElementChild;
    add.before(row);
    total.value = String(number + 1);
    return row;
  }

  function show(focus) {
    const row = hidden() ?? grow();
    if (!row) return;
    row.classList.add("is-wanted");
    rows()
      .filter((one) => one.offsetParent !== null || one === row)
      .forEach((one, index) => {
        one.querySelector("[data-number]").textContent = String(index + 1);
      });
    if (focus) row.querySelector("textarea, input:not([type=hidden])").focus();
    if (!hidden() && Number(total.value) >= most) add.hidden = true;
  }

  add.addEventListener("click", () => show(true));
  if (!rows().some((row) => row.matches(":not([data-blank])"))) show(false);
}

function writeWhereOpened(form) {
  form.addEventListener("click", (event) => {
    const fold = event.target.closest("summary")?.parentElement;
    if (!fold || fold.open) return;
    fold.addEventListener(
      "toggle",
      () => {
        const field = fold.querySelector("textarea, input:not([type=hidden], [type=radio], [type=checkbox], [type=date])");
        if (field && field.offsetParent !== null) field.focus();
      },
      { once: true },
    );
  });
}

function says(field) {
  if (field.type === "hidden") return false;
  if (field.type === "radio" || field.type === "checkbox") return field.checked && !field.defaultChecked;
  return field.value.trim() !== "";
}

/** What the browser has put back into the form after Back stands in sight. */
function showWhatIsFilled(form) {
  for (const row of form.querySelectorAll(".matter[data-blank], .guest[data-blank]")) {
    if ([...row.querySelectorAll("input, textarea")].some(says)) row.classList.add("is-wanted");
  }
  for (const fold of form.querySelectorAll("details:not([open])")) {
    if ([...fold.querySelectorAll("input, textarea")].some(says)) fold.open = true;
  }
}

export function easeVisitForm(form) {
  rowsOnDemand(form, "matter", "m");
  rowsOnDemand(form, "guest", "g");
  writeWhereOpened(form);
  window.addEventListener("pageshow", () => showWhatIsFilled(form));
}
