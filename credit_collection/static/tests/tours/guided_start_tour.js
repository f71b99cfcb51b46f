import { registry } from "@web/core/registry";

// A credit manager goes through the guided start, sees the first night, and does one to a test addressee.
const next = (content) => ({ content, trigger: "button[name=action_next]", run: "click" });

registry.category("web_tour.tours").add("credit_collection_guided_start", {
    url: "/odoo/guided-start",
    steps: () => [
        {
            content: "the levels of the scenario are shown",
            trigger: ".o_field_widget[name=level_ids] .o_data_row:contains('Formal notice')",
        },
        next("on to the payments"),
        {
            content: "say that payments are not checked",
            trigger: ".o_field_widget[name=followup_payments_max_age] input",
            run: "edit 0",
        },
        next("on to old debts"),
        {
            content: "journal entries are counted",
            trigger: ".o_field_widget[name=old_summary]:contains('journal entries')",
        },
        next("on to safety"),
        {
            content: "give a test addressee",
            trigger: ".o_field_widget[name=followup_test_email] input",
            run: "edit trial@creditor.example.com",
        },
        next("on to the first night"),
        {
            content: "it says what would be sent",
            trigger: ".o_field_widget[name=night] td:contains('Lyon')",
        },
        {
            content: "that nothing goes to a customer yet",
            trigger: ".alert-warning:contains('trial@creditor.example.com')",
        },
        {
            content: "do the first night",
            trigger: "button[name=action_test_night]",
            run: "click",
        },
        {
            content: "yes",
            trigger: ".modal .btn-primary",
            run: "click",
        },
        {
            content: "the reminder waits to be confirmed, under the banner",
            trigger: ".o_data_row:contains('Tour Customer'):contains('To confirm')",
        },
        {
            content: "the list says that it is a test",
            trigger: ".alert-warning:contains('none to a customer')",
        },
    ],
});
