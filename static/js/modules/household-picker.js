// [data-door-filter]: find an own door among those on the page; nothing is sent anywhere.

export function pickHousehold(root) {
  const field = root.querySelector("[data-door-filter]");
  if (!field) return;
  const count = root.querySelector("[data-door-count]");
  const proposals = root.querySelector("[data-proposals]");
  const buildings = [...root.querySelectorAll("[data-building]")].map((fold) => ({
    fold,
    wasOpen: fold.open,
    doors: [...fold.querySelectorAll("[data-door]")].map((row) => ({
      row,
      text: row.dataset.door.toLowerCase(),
    })),
  }));

  function narrow() {
    const words = field.value.toLowerCase().split(/[\s,，-]+/).filter(Boolean);
    let found = 0;
    for (const { fold, wasOpen, doors } of buildings) {
      let here = 0;
      for (const { row, text } of doors) {
        const fits = words.every((word) => text.includes(word));
        row.hidden = !fits;
        here += fits;
      }
      found += here;
      fold.hidden = here === 0;
      fold.open = words.length > 0 ? here > 0 : wasOpen;
    }
    if (proposals) proposals.hidden = words.length > 0;
    count.textContent = words.length === 0 ? "" : found ? `找到 ${found} 户` : "您负责的住户里没有，可从下面的住户列表找。";
  }

  field.addEventListener("input", narrow);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const visible = buildings.flatMap(({ doors }) => doors.filter(({ row }) => !row.hidden));
    if (field.value && visible.length === 1) visible[0].row.querySelector("a").click();
  });
}
