import { registry } from "@web/core/registry";
import { X2ManyField, x2ManyField } from "@web/views/fields/x2many/x2many_field";

// A list in a form whose rows open what they stand for: <list action="…" type="object">. Core honours that in list views
// only; in a form a click would show every field of the row in a dialog.
export class OpeningListField extends X2ManyField {
    openRecord(record) {
        const { action, type } = this.archInfo.openAction;
        const { resModel, resId, context } = record;
        return this.action.doActionButton({ name: action, type, resModel, resId, context });
    }
}

registry.category("fields").add("credit_opening_list", { ...x2ManyField, component: OpeningListField });
