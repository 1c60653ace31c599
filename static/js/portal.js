// The one entry: every behaviour below is an improvement, no page needs it.
import { guardStore } from "./offline/guard.js";
import { confirmFirst } from "./modules/confirm.js";
import { focusFirst } from "./modules/focus.js";
import { closeMenus } from "./modules/menu.js";
import { offerPrint } from "./modules/print.js";
import { quickDates } from "./modules/quick-dates.js";
import { showProgress } from "./modules/progress.js";
import { countRoom } from "./modules/room.js";
import { leaveWhenSignedOut } from "./modules/session.js";
import { submitOnce } from "./modules/submit-once.js";
import { tickAll } from "./modules/tick-all.js";
import { guardUnsaved } from "./modules/unsaved.js";

document.documentElement.classList.add("js");
confirmFirst(document);
submitOnce(document);
guardUnsaved(document);
closeMenus(document);
offerPrint(document);
showProgress(document);
quickDates(document);
countRoom(document);
tickAll(document);
leaveWhenSignedOut(document);
focusFirst(document);
guardStore(document);
