import { onWillUnmount } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { formView } from "@web/views/form/form_view";
import { FormController } from "@web/views/form/form_controller";

// A note that was typed is never lost: however the dialog goes (Escape, the cross, another menu, the tab closed), what
// stands in it is kept as a draft, unless the user saved or discarded it. Core itself saves no form in a dialog.
export class CallResultController extends FormController {
    setup() {
        super.setup();
        this.isDiscarded = false;
        if (this.env.inDialog) {
            // Escape and the cross wait for the draft: the file behind is read anew as the dialog closes
            this.env.dialogData.dismiss = () => this.saveDraft();
        }
        onWillUnmount(() => this.sendDraft());
    }

    async beforeExecuteActionButton(clickParams) {
        if (clickParams.special === "cancel") {
            this.isDiscarded = true;
            const { resId, resModel } = this.model.root;
            if (resId) {
                await this.orm.unlink(resModel, [resId]);
            }
        }
        return super.beforeExecuteActionButton(clickParams);
    }

    beforeVisibilityChange() {
        if (document.visibilityState === "hidden") {
            return this.saveDraft();
        }
    }

    beforeUnload() {
        this.sendDraft();
    }

    async saveDraft() {
        const { root } = this.model;
        if (!this.isDiscarded && (await root.isDirty())) {
            await root.save({ reload: false });
        }
    }

    /** Send what is not saved yet without waiting for an answer: this component, or the page, is about to go. */
    sendDraft() {
        const { root } = this.model;
        // the field that is being typed in hands over its text; no onchange is asked
        this.model._urgentSave = true;
        this.model.bus.trigger("WILL_SAVE_URGENTLY");
        this.model._urgentSave = false;
        if (this.isDiscarded || !root.dirty) {
            return;
        }
        const params = {
            model: root.resModel,
            method: "web_save",
            args: [root.resId ? [root.resId] : [], root._getChanges()],
            kwargs: { context: root.context, specification: {} },
        };
        const body = JSON.stringify({ jsonrpc: "2.0", method: "call", params });
        navigator.sendBeacon(
            `/web/dataset/call_kw/${root.resModel}/web_save`,
            new Blob([body], { type: "application/json" })
        );
    }
}

registry.category("views").add("credit_call_result", { ...formView, Controller: CallResultController });

// The next customer takes the place of the last one in the breadcrumb; after the last one, back to where it began.
registry.category("actions").add("credit_next_customer", async (env, { params }) => {
    if (params.next) {
        await env.services.action.doAction(params.next, { stackPosition: "replaceCurrentAction" });
    } else {
        env.services.notification.add(params.message, { type: "success" });
        await env.services.action.restore();
    }
});
