import { onWillStart } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";

// A list with what whoever looks at reminders has to know on top: payments not up to date, a test addressee …
export class DunningListController extends ListController {
    static template = "credit_collection.DunningListView";

    setup() {
        super.setup();
        const orm = useService("orm");
        this.dunningNotices = [];
        onWillStart(async () => {
            this.dunningNotices = await orm.call("res.company", "get_dunning_notices", []);
        });
    }
}

registry.category("views").add("credit_dunning_list", { ...listView, Controller: DunningListController });
