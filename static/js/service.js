// The page of a service session: every tap is sent by itself, under an id of its own; no page needs it.
import { tapByTap } from "./modules/service-taps.js";

for (const holder of document.querySelectorAll("[data-taps]")) tapByTap(holder);
