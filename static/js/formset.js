// Pages with rows that can be added.
import { growFormsets } from "./modules/formset.js";

growFormsets(document);
