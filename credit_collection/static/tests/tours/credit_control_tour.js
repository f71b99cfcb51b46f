import { registry } from "@web/core/registry";

const click = (content, trigger) => ({ content, trigger, run: "click" });
const openQuotation = click("open the quotation", ".o_data_row:contains('Tour Customer') td[name=partner_id]");
const status = (content, label) => ({
    content,
    trigger: `.o_statusbar_status .o_arrow_button_current:contains('${label}')`,
});
const creditState = (label) => ({
    content: `the order's credit: ${label}`,
    trigger: `.o_form_sheet .o_field_widget[name=followup_credit_state]:contains('${label}')`,
});
const openRequest = [
    click("open the apps", ".o_navbar_apps_menu button"),
    click("open Invoicing", ".o_app[data-menu-xmlid='account.menu_finance']"),
    click("open the menu Customers of Invoicing", ".o_menu_sections [data-menu-xmlid='account.menu_finance_receivables']"),
    click("open the credit requests", ".dropdown-item[data-menu-xmlid='credit_collection.menu_credit_requests']"),
    click("open the request", ".o_data_row:contains('Tour Customer'):contains('To decide') td[name=partner_id]"),
];

// A salesperson confirms an order over the limit, reads why it is held, and asks for its release.
registry.category("web_tour.tours").add("credit_control_ask", {
    url: "/odoo/sales",
    steps: () => [
        openQuotation,
        {
            content: "before anything is clicked, it says that the customer would be over its limit",
            trigger: ".alert-danger:contains('Tour Customer would be'):contains('over its credit limit')",
        },
        click("confirm it", ".o_statusbar_buttons button[name=action_followup_confirm]"),
        {
            content: "told that it is not confirmed, and why",
            trigger: ".o_notification:contains('Not confirmed'):contains('over its credit limit')",
        },
        status("it is still a quotation", "Quotation"),
        creditState("On hold"),
        click("ask for its release", ".o_statusbar_buttons button[name=action_followup_ask]"),
        {
            content: "the reason why it is held is at hand",
            trigger: ".modal .alert-warning:contains('over its credit limit')",
        },
        {
            content: "say why it should be released",
            trigger: ".modal .o_field_widget[name=reason] textarea",
            run: "edit Their bank confirmed the transfer.",
        },
        click("ask", ".modal .modal-footer button:contains('Ask')"),
        {
            content: "the order shows the request",
            trigger: "body:not(:has(.modal)) button[name=action_followup_requests]:contains('1')",
        },
        {
            content: "says that it waits for a decision",
            trigger: ".alert-info:contains('a credit manager decides')",
        },
        {
            content: "and it is not asked for twice",
            trigger: ".o_statusbar_buttons:not(:has(button[name=action_followup_ask]))",
        },
    ],
});

// A credit manager reads the situation and releases the order, up to an amount.
registry.category("web_tour.tours").add("credit_control_approve", {
    url: "/odoo",
    steps: () => [
        ...openRequest,
        {
            content: "the situation is at hand",
            trigger: ".alert-warning:contains('Tour Customer would be'):contains('over its credit limit')",
        },
        {
            content: "with what the customer owes",
            trigger: ".o_field_widget[name=exposure]:contains('800.00')",
        },
        {
            content: "and what the salesperson said",
            trigger: ".o_field_widget[name=reason]:contains('Their bank confirmed the transfer.')",
        },
        {
            content: "up to a little more than the order",
            trigger: ".o_field_widget[name=max_amount] input",
            run: "edit 600",
        },
        {
            content: "say why",
            trigger: ".o_field_widget[name=decision_reason] textarea",
            run: "edit They have always paid.",
        },
        click("approve", ".o_statusbar_buttons button[name=action_approve]"),
        {
            content: "nothing of it changes any more",
            trigger: ".o_field_widget[name=max_amount].o_readonly_modifier:contains('600.00')",
        },
        status("it is approved", "Approved"),
    ],
});

// The salesperson confirms what was released.
registry.category("web_tour.tours").add("credit_control_confirm", {
    url: "/odoo/sales",
    steps: () => [
        {
            content: "the list of quotations shows that it was released",
            trigger: ".o_data_row:contains('Tour Customer') td[name=followup_credit_state]:contains('Released')",
        },
        openQuotation,
        creditState("Released"),
        {
            content: "and up to which amount",
            trigger: ".o_field_widget[name=followup_allowed_amount]:contains('600.00')",
        },
        click("confirm it", ".o_statusbar_buttons button[name=action_confirm]"),
        status("it is a sales order", "Sales Order"),
        creditState("Released"),
        {
            content: "and nothing warns of it any more",
            trigger: ".o_form_view:not(:has(.alert-danger))",
        },
    ],
});

// A credit manager refuses; the reason is asked for.
registry.category("web_tour.tours").add("credit_control_refuse", {
    url: "/odoo",
    steps: () => [
        ...openRequest,
        click("refuse", ".o_statusbar_buttons button:contains('Refuse')"),
        {
            content: "say why",
            trigger: ".modal .o_field_widget[name=reason] textarea",
            run: "edit They owe us for March.",
        },
        click("refuse it for that", ".modal .modal-footer button[name=action_apply]"),
        {
            content: "the reason is kept",
            trigger: "body:not(:has(.modal)) .o_field_widget[name=decision_reason]:contains('They owe us for March.')",
        },
        status("it is refused", "Refused"),
    ],
});

// The salesperson reads on the order that it was refused, by whom and why, and still cannot confirm it.
registry.category("web_tour.tours").add("credit_control_refused", {
    url: "/odoo/sales",
    steps: () => [
        openQuotation,
        creditState("Refused"),
        {
            content: "by whom and why",
            trigger: ".o-mail-Message:contains('Refused by manager'):contains('They owe us for March.')",
        },
        click("confirm it all the same", ".o_statusbar_buttons button[name=action_followup_confirm]"),
        {
            content: "in vain",
            trigger: ".o_notification:contains('Not confirmed')",
        },
        creditState("Refused"),
        status("it is still a quotation", "Quotation"),
    ],
});

// Three quotations are confirmed from their list: what passes is confirmed, what does not is told.
registry.category("web_tour.tours").add("credit_control_batch", {
    url: "/odoo/sales",
    steps: () => [
        {
            content: "three quotations",
            trigger: ".o_data_row:nth-child(3)",
        },
        click("select them", "thead .o_list_record_selector input"),
        click("open what can be done with them", ".o_cp_action_menus button:contains('Actions')"),
        click("confirm them", ".o-dropdown--menu .o-dropdown-item:contains(/^Confirm$/)"),
        {
            content: "told what was confirmed, and what was not and why",
            trigger:
                ".o_notification:contains('Not confirmed: 1'):contains('Confirmed: 2.'):contains('over its credit limit')",
        },
        {
            content: "the one that is held says so in the list",
            trigger: ".o_data_row:contains('Tour Customer') td[name=followup_credit_state]:contains('On hold')",
        },
    ],
});
