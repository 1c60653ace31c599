// Days at one tap beside a date field: 明天, 昨天.

function local(day) {
  const two = (number) => String(number).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** The day `days` or `months` from today; the 31st of a short month is its last day. */
export function dayAhead({ days = 0, months = 0 }, today = new Date()) {
  const day = new Date(today.getFullYear(), today.getMonth() + months, 1);
  const last = new Date(day.getFullYear(), day.getMonth() + 1, 0).getDate();
  day.setDate(Math.min(today.getDate(), last) + days);
  return local(day);
}

/** Every .quick-dates inside `root`. */
export function quickDates(root) {
  root.addEventListener("click", (event) => {
    const button = event.target.closest(".quick-dates > [data-days], .quick-dates > [data-months]");
    if (!button) return;
    const field = document.getElementById(button.parentElement.dataset.datesFor);
    field.value = dayAhead({
      days: Number(button.dataset.days ?? 0),
      months: Number(button.dataset.months ?? 0),
    });
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
