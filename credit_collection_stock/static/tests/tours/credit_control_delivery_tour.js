import { registry } from "@web/core/registry";

const click = (content, trigger) => ({ content, trigger, run: "click" });
const openDelivery = click("open the delivery", ".o_data_row:contains('Tour Customer') td[name=partner_id]");
const validate = click("validate it", ".o_statusbar_buttons button[name=button_validate]");
const status = (content, label) => ({
    content,
    trigger: `.o_statusbar_status .o_arrow_button_current:contains('${label}')`,
});
// A warehouse worker reads neither amounts nor the reason of the hold.
const noMore = ":not(:contains('$')):not(:contains('Cheque bounced'))";
const creditState = (label) => ({
    content: `the delivery's credit: ${label}`,
    trigger: `.o_form_sheet .o_field_widget[name=followup_credit_state]:contains('${label}')`,
});

// A warehouse worker is stopped, told why without figures, finds the delivery among those on hold, and asks for its
// release.
registry.category("web_tour.tours").add("credit_control_delivery_ask", {
    url: "/odoo/deliveries",
    steps: () => [
        openDelivery,
        {
            content: "it says at once that it will not leave, without figures",
            trigger:
                `.alert-danger:contains('Tour Customer is on hold.'):contains('is over its credit limit.')${noMore}`,
        },
        validate,
        {
            content: "stopped, in the same words",
            trigger:
                `.o_notification:contains('is held by credit control'):contains('Tour Customer is on hold.')${noMore}`,
        },
        creditState("On hold"),
        click("open the apps", ".o_navbar_apps_menu button"),
        click("open Inventory", ".o_app[data-menu-xmlid='stock.menu_stock_root']"),
        click("open the menu of the transfers", ".o_menu_sections [data-menu-xmlid='stock.menu_stock_warehouse_mgmt']"),
        click(
            "open the deliveries on hold",
            ".dropdown-item[data-menu-xmlid='credit_collection_stock.menu_deliveries_on_hold_stock']"
        ),
        {
            content: "there it is",
            trigger: ".o_last_breadcrumb_item:contains('Deliveries on Hold')",
        },
        openDelivery,
        click("ask for its release", ".o_statusbar_buttons button[name=action_followup_ask]:contains('Ask for release')"),
        {
            content: "say why",
            trigger: ".modal .o_field_widget[name=reason] textarea",
            run: "edit The lorry waits.",
        },
        click("ask", ".modal .modal-footer button:contains('Ask')"),
        {
            content: "it is asked for",
            trigger:
                "body:not(:has(.modal)) .o_statusbar_buttons button[name=action_followup_ask]:contains('Release asked for')",
        },
    ],
});

// A credit manager, who reads the reason of the hold, releases the delivery.
registry.category("web_tour.tours").add("credit_control_delivery_approve", {
    url: "/odoo",
    steps: () => [
        click("open the apps", ".o_navbar_apps_menu button"),
        click("open Invoicing", ".o_app[data-menu-xmlid='account.menu_finance']"),
        click("open the menu Customers of Invoicing", ".o_menu_sections [data-menu-xmlid='account.menu_finance_receivables']"),
        click("open the credit requests", ".dropdown-item[data-menu-xmlid='credit_collection.menu_credit_requests']"),
        {
            content: "the request shows no amount: a delivery has none",
            trigger: ".o_data_row:contains('Tour Customer') td[name=max_amount]:not(:contains('0.00'))",
        },
        click("open the request", ".o_data_row:contains('Tour Customer'):contains('To decide') td[name=partner_id]"),
        {
            content: "why it is held, with the figures",
            trigger: ".alert-warning:contains('Cheque bounced'):contains('over its credit limit of $')",
        },
        click("approve", ".o_statusbar_buttons button[name=action_approve]"),
        {
            content: "who decided is kept",
            trigger: ".o_field_widget[name=decided_by]:contains('manager')",
        },
        status("it is approved", "Approved"),
    ],
});

// The warehouse worker validates what was released.
registry.category("web_tour.tours").add("credit_control_delivery_leaves", {
    url: "/odoo/deliveries",
    steps: () => [
        openDelivery,
        creditState("Released"),
        {
            content: "nothing holds it",
            trigger: ".o_form_view:not(:has(.alert-danger))",
        },
        validate,
        status("it has left", "Done"),
    ],
});
