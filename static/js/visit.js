// The pages of a visit: every behaviour is an improvement, no page needs it.
import { keepDraft } from "./modules/draft.js";
import { pickHousehold } from "./modules/household-picker.js";
import { easeVisitForm } from "./modules/visit-form.js";

for (const form of document.querySelectorAll("form[data-draft-url]")) {
  keepDraft(form);
  easeVisitForm(form);
}
pickHousehold(document);
