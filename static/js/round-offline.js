// The shell without a line: the lists taken along, door by door, from the encrypted store.
import { queueBar } from "./offline/bar.js";
import { lists, possible, remembered, sweep } from "./offline/store.js";
import { showDone, tapDoors } from "./offline/taps.js";

const shell = document.querySelector("[data-shell]");
const part = (name) => document.querySelector(`[data-shell-${name}]`);
const pattern = document.querySelector("[data-door-template]");

function doorOf(entry) {
  const door = pattern.content.firstElementChild.cloneNode(true);
  const say = (name, words) => {
    door.querySelector(`[data-said=${name}]`).textContent = words;
  };
  door.id = `door-${entry.id}`;
  door.dataset.door = String(entry.id);
  door.dataset.what = `${entry.unit}${entry.room}`;
  say("room", entry.room);
  say("people", entry.people);
  say("last", entry.last ? `上次 ${entry.last}` : "从未走访");
  say("wish", entry.wish);
  door.querySelector("[data-part=wish]").hidden = !entry.wish;
  door.dataset.state = entry.wish ? "wish" : "open";
  if (entry.done) showDone(door, entry.done, "", { met: entry.done.endsWith("见到了") });
  return door;
}

function unitOf(name, doors) {
  const section = document.createElement("section");
  if (name) {
    const heading = document.createElement("h2");
    heading.className = "round-unit";
    heading.textContent = name;
    section.append(heading);
  }
  const list = document.createElement("ul");
  list.className = "round-doors";
  list.append(...doors.map(doorOf));
  section.append(list);
  return section;
}

function buildingLink(list) {
  const link = document.createElement("a");
  link.className = "btn btn-secondary btn-block";
  link.href = `/contacts/visits/round/offline/#b${list.building}`;
  link.textContent = `${list.name}（${list.doors.length} 户）`;
  return link;
}

function asked() {
  const found = location.pathname.match(/\/round\/(\d+)\//) ?? location.hash.match(/^#b(\d+)$/);
  return found ? Number(found[1]) : null;
}

function nothingHere() {
  part("lead").textContent = "这台设备上没有带名单。";
  part("words").textContent = "名单只保留24小时。有网时打开“扫楼”里的一栋楼，点“带上这栋楼”。";
}

function draw(list, owner) {
  const box = part("doors");
  const names = [...new Set(list.doors.map((door) => door.unit))];
  const inside = (name) => list.doors.filter((door) => door.unit === name);
  box.replaceChildren(...names.map((name) => unitOf(name, inside(name))));
  part("heading").textContent = list.name;

  function count() {
    const doors = [...box.querySelectorAll("[data-door]")];
    const is = (state) => doors.filter((door) => door.dataset.state === state).length;
    part("lead").textContent = `已敲 ${is("done")}/${doors.length - is("wish")}`;
  }
  return { box, count };
}

async function begin() {
  const known = remembered();
  // Opened by somebody signed in: only the own.
  const owner = document.body.dataset.owner ?? known?.owner;
  if (!owner) return nothingHere();
  await sweep();
  const kept = await lists(owner);
  const chosen = kept.find((list) => list.building === asked()) ?? (kept.length === 1 ? kept[0] : null);
  part("buildings").replaceChildren(...kept.filter((list) => list !== chosen).map(buildingLink));
  let doors = { heard() {} };
  const bar = queueBar(owner, { heard: (one) => doors.heard(one) });
  if (kept.length === 0) nothingHere();
  if (chosen) {
    const { box, count } = draw(chosen, owner);
    doors = tapDoors(box, { owner, building: chosen.building, place: chosen.name, bar, counted: count, live: false });
    await doors.showWaiting();
  }
  shell.dataset.ready = "";
  return null;
}

function tellNet() {
  part("net").textContent = navigator.onLine ? "这是带在设备上的名单" : "网络不通";
}

window.addEventListener("online", tellNet);
window.addEventListener("offline", tellNet);
window.addEventListener("hashchange", () => location.reload());
tellNet();
if (possible()) begin().catch(nothingHere);
else nothingHere();
