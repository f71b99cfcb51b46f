import { registry } from "@web/core/registry";

const click = (content, trigger) => ({ content, trigger, run: "click" });
const choose = (content, field, label) => [
    click(content, `${field} input`),
    click(`${content}: ${label}`, `.o_select_menu_item:contains('${label}')`),
];
const file = (name) => `body:not(:has(.modal)) .o_form_view .o_field_widget[name=partner_id]:contains('${name}')`;
const status = (content, label) => ({
    content,
    trigger: `body:not(:has(.modal)) .o_statusbar_status .o_arrow_button_current:contains('${label}')`,
});

// The collector's morning: whom to act on today, the first is called and promises, the next one comes.
registry.category("web_tour.tours").add("credit_collection_morning", {
    url: "/odoo",
    steps: () => [
        click("open the apps", ".o_navbar_apps_menu button"),
        click("open Invoicing", ".o_app[data-menu-xmlid='account.menu_finance']"),
        click("open the menu Customers", ".o_menu_sections [data-menu-xmlid='account.menu_finance_receivables']"),
        click("open the worklist", ".dropdown-item[data-menu-xmlid='credit_collection.menu_worklist']"),
        {
            content: "those to act on today, the largest amount first, and why",
            trigger: ".o_data_row:contains('Tour Customer A'):contains('Call to make') + .o_data_row:contains('Tour Customer B')",
        },
        {
            content: "nobody else",
            trigger: ".o_list_view:not(:contains('Tour Customer C'))",
        },
        click("start", "button[name=action_start_calls]"),
        {
            content: "the first customer's file, with what is open",
            trigger: ".o_form_view:has(.o_field_widget[name=partner_id]:contains('Tour Customer A')) .o_field_widget[name=item_ids] .o_data_row:contains('3,000.00')",
        },
        click("note the call", "button[name=action_note_call].btn-primary"),
        click("the customer was reached", ".modal .o_field_widget[name=result] label:contains('Reached')"),
        ...choose("why they are late", ".modal .o_field_widget[name=late_reason_id]", "Forgotten"),
        {
            content: "they pay in five days",
            trigger: ".modal .o_field_widget[name=date_promised] input",
            run: "edit +5d && press Enter",
        },
        {
            content: "all of it, unless they said less",
            trigger: ".modal .o_field_widget[name=amount_promised] input:value('3,000.00')",
            run: "edit 2500",
        },
        {
            content: "what was said",
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "edit 2,500 on Friday; they look for the rest.",
        },
        click("save, and go on", ".modal button[name=action_save_next]"),
        {
            content: "the next customer's file is there",
            trigger: file("Tour Customer B"),
        },
        click("that one is not called now", "button[name=action_skip_call]"),
        {
            content: "that was the last: back in the worklist, where the first customer is no longer",
            trigger: ".o_list_view:has(.o_data_row:contains('Tour Customer B')):not(:has(.o_data_row:contains('Tour Customer A')))",
        },
    ],
});

// A collector opens a dispute about part of an invoice; who sold it must answer.
registry.category("web_tour.tours").add("credit_collection_dispute_open", {
    url: "/odoo/open-items",
    steps: () => [
        click("pick the item", ".o_data_row:contains('Tour Customer A') .o_list_record_selector input"),
        click("it is contested", ".o_control_panel button:contains('Dispute…')"),
        ...choose("why", ".modal .o_field_widget[name=reason_id]", "Price"),
        {
            content: "caused on our side: who sold it answers",
            trigger: ".modal .o_field_widget[name=owner_id] input:value('salesperson')",
        },
        click("the deadline", ".modal .o_field_widget[name=date_deadline] button"),
        {
            content: "within ten days",
            trigger: ".modal .o_field_widget[name=date_deadline] input",
            run: "edit +10d && press Enter",
        },
        {
            content: "what the customer says",
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "edit The unit price was agreed at 38.",
        },
        click("not all of it", ".modal .o_field_widget[name=line_ids] .o_data_row td[name=amount]"),
        {
            content: "so much",
            trigger: ".modal .o_field_widget[name=line_ids] td[name=amount] input:value('3,000.00')",
            run: "edit 1200",
        },
        click("open the dispute", ".modal button[name=action_apply]"),
        status("it is open", "In progress"),
        {
            content: "about that amount",
            trigger: ".o_field_widget[name=line_ids] .o_data_row td[name=amount]:contains('1,200.00')",
        },
    ],
});

// The salesperson finds it among the activities, without any right in accounting, and answers.
registry.category("web_tour.tours").add("credit_collection_dispute_answer", {
    url: "/odoo",
    steps: () => [
        click("something is to do", ".o_menu_systray button:has(i[aria-label='Activities'])"),
        click("a dispute, in some days", ".o-mail-ActivityGroup[data-model_name='credit.dispute'] span:contains('1 Future')"),
        click("open it", ".o_data_row:contains('Tour Customer A') td[name=partner_id]"),
        {
            content: "what the customer says is there",
            trigger: ".o-mail-Message:contains('The unit price was agreed at 38.')",
        },
        {
            content: "closing it is not for sales",
            trigger: ".o_statusbar_buttons:not(:contains('Close the dispute'))",
        },
        click("answer", ".o_statusbar_buttons button:contains('Answer the dispute')"),
        click("they are right", ".modal .o_field_widget[name=outcome] label:contains(/^Founded$/)"),
        {
            content: "say why",
            trigger: ".modal .o_field_widget[name=text] textarea",
            run: "edit The offer says 38.",
        },
        click("that is the answer", ".modal button[name=action_apply]:contains('Answer the dispute')"),
        {
            content: "a collector goes on with it",
            trigger: "body:not(:has(.modal)) .alert-info:contains('The owner has answered')",
        },
    ],
});

// The collector closes it as the salesperson proposed, and posts the credit note.
registry.category("web_tour.tours").add("credit_collection_dispute_close", {
    url: "/odoo/disputes",
    steps: () => [
        click("open it", ".o_data_row:contains('Tour Customer A'):contains('Founded') td[name=partner_id]"),
        click("close it", ".o_statusbar_buttons button:contains('Close the dispute')"),
        {
            content: "as the owner proposed",
            trigger: ".modal .o_field_widget[name=outcome] .o_radio_item:has(input:checked):contains(/^Founded$/)",
        },
        click("close it so", ".modal button[name=action_apply]:contains('Close the dispute')"),
        {
            content: "the credit note is proposed in draft, of what was contested",
            trigger: "body:not(:has(.modal)) .o_statusbar_status .o_arrow_button_current:contains('Draft')",
        },
        {
            content: "its total",
            trigger: ".o_field_widget[name=tax_totals]:contains('1,200.00')",
        },
        click("post it", "button[name=action_post]:not(.d-none)"),
        status("it is posted", "Posted"),
        click("back to the dispute", ".o_breadcrumb .o_back_button, .breadcrumb-item a:contains('Tour Customer A')"),
        status("it is closed", "Closed"),
        {
            content: "with the credit note",
            trigger: ".o_field_widget[name=credit_move_ids]:contains('RINV')",
        },
    ],
});

// A row of the file opens what it stands for: the invoice, the dispute. Core would show all fields of the row in a dialog.
registry.category("web_tour.tours").add("credit_collection_file_rows", {
    url: "/odoo/collection-files",
    steps: () => [
        click("open the file", ".o_data_row:contains('Tour Customer A') td[name=partner_id]"),
        click("an open item", ".o_field_widget[name=item_ids] .o_data_row:contains('3,000.00') td[name=move_name]"),
        {
            content: "is an invoice",
            trigger: "body:not(:has(.modal)) .o_form_view .o_field_widget[name=tax_totals]:contains('3,000.00')",
        },
        click("back to the file", ".breadcrumb-item a:contains('Tour Customer A')"),
        click("what happened", ".o_notebook .nav-link[name=history]"),
        click("a dispute", ".o_field_widget[name=history_ids] .o_data_row:contains('Price') td[name=title]"),
        {
            content: "has a page of its own, with the exchange about it",
            trigger: "body:not(:has(.modal)) .o_form_view:contains('Tour Customer A – Price') .o-mail-Chatter",
        },
    ],
});
