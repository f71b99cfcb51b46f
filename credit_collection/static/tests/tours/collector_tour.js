import { registry } from "@web/core/registry";

// A collector reviews the preview, edits and confirms a formal notice, and finds it in the customer's history.
registry.category("web_tour.tours").add("credit_collection_collector", {
    url: "/odoo/reminders-today",
    steps: () => [
        {
            content: "the item is listed under what is to be chased today",
            trigger: ".o_group_header:contains('To chase today')",
        },
        {
            content: "select the late invoice",
            trigger: ".o_data_row:contains('Tour Customer') .o_list_record_selector input",
            run: "click",
        },
        {
            content: "preview the reminders",
            trigger: "button:contains('Preview reminders')",
            run: "click",
        },
        {
            content: "the preview says what goes out",
            trigger: ".modal .o_data_row:contains('Tour Customer'):contains('Formal notice')",
        },
        {
            content: "prepare it",
            trigger: ".modal button[name=action_prepare]",
            run: "click",
        },
        {
            content: "open the formal notice, which waits to be confirmed",
            trigger: ".o_data_row:contains('Formal notice'):contains('To confirm') td[name=partner_id]",
            run: "click",
        },
        {
            content: "the message is shown as the customer will see it",
            trigger: ".o_field_widget[name=preview]:contains('FORMAL NOTICE')",
        },
        {
            content: "edit the words",
            trigger: "button[name=action_edit_text]",
            run: "click",
        },
        {
            content: "give it another subject",
            trigger: ".o_field_widget[name=subject] input",
            run: "edit Formal notice after our call",
        },
        {
            content: "confirm it",
            trigger: "button[name=action_confirm]",
            run: "click",
        },
        {
            content: "it waits for the printer",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('To print')",
        },
    ],
});

// Today's letters are printed in one go; a registered one is sent when its tracking number is known.
registry.category("web_tour.tours").add("credit_collection_letters", {
    url: "/odoo/collection-agenda",
    steps: () => [
        {
            content: "select the letter",
            trigger: ".o_data_row:contains('Tour Customer'):contains('To print') .o_list_record_selector input",
            run: "click",
        },
        {
            content: "print today's letters",
            trigger: "button[name=action_print]",
            run: "click",
        },
        {
            content: "open the letter, which waits to be posted",
            trigger: ".o_data_row:contains('Formal notice'):contains('Being sent') td[name=partner_id]",
            run: "click",
        },
        {
            content: "it was posted",
            trigger: ".o_statusbar_buttons button:contains('Posted')",
            run: "click",
        },
        {
            content: "enter its tracking number",
            trigger: ".modal .o_field_widget[name=tracking_number] input",
            run: "edit 1A 234 567 8901 2",
        },
        {
            content: "save",
            trigger: ".modal button[name=action_save]",
            run: "click",
        },
        {
            content: "it is sent",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Done')",
        },
        {
            content: "with its number",
            trigger: ".o_field_widget[name=tracking_number]:contains('1A 234 567 8901 2')",
        },
    ],
});

// A call of the agenda: the figures at hand, the result in one dialog.
registry.category("web_tour.tours").add("credit_collection_call", {
    url: "/odoo/collection-agenda",
    steps: () => [
        {
            content: "open the call",
            trigger: ".o_data_row:contains('Called Customer'):contains('To do') td[name=partner_id]",
            run: "click",
        },
        {
            content: "the number is at hand",
            trigger: ".o_field_widget[name=phone_numbers] a:contains('+33 1 99 00 11 22')",
        },
        {
            content: "note the result",
            trigger: "button[name=action_record_call]",
            run: "click",
        },
        {
            content: "what was said",
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "edit The transfer leaves on Friday.",
        },
        {
            content: "save it",
            trigger: ".modal button[name=action_save]",
            run: "click",
        },
        {
            content: "the call is done",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Done')",
        },
    ],
});

// A collector sees the claim and may note its payment, but finds no way to give it up.
registry.category("web_tour.tours").add("credit_collection_no_waiver", {
    url: "/odoo/late-payment-claims",
    steps: () => [
        {
            content: "select the indemnity",
            trigger: ".o_data_row:contains('Tour Customer'):contains('Indemnity') .o_list_record_selector input",
            run: "click",
        },
        {
            content: "the list offers a debit note",
            trigger: ".o_control_panel button[name=action_invoice]",
        },
        {
            content: "and no waiver",
            trigger: ".o_control_panel:not(:has(button[name=action_open_waiver]))",
        },
        {
            content: "select it no more: a click on a row would do that instead of opening it",
            trigger: ".o_data_row_selected .o_list_record_selector input",
            run: "click",
        },
        {
            content: "open it",
            trigger: ".o_data_row:not(.o_data_row_selected):contains('Indemnity') td[name=move_name]",
            run: "click",
        },
        {
            content: "a payment can be noted",
            trigger: ".o_statusbar_buttons button[name=action_open_payment]",
        },
        {
            content: "nothing can be waived",
            trigger: ".o_statusbar_buttons:not(:has(button[name=action_open_waiver]))",
        },
    ],
});

// A credit manager gives an indemnity up, for a reason.
registry.category("web_tour.tours").add("credit_collection_waiver", {
    url: "/odoo/late-payment-claims",
    steps: () => [
        {
            content: "open the indemnity",
            trigger: ".o_data_row:contains('Tour Customer'):contains('Indemnity') td[name=move_name]",
            run: "click",
        },
        {
            content: "waive it",
            trigger: ".o_statusbar_buttons button[name=action_open_waiver]",
            run: "click",
        },
        {
            content: "say why",
            trigger: ".modal .o_field_widget[name=reason] input",
            run: "edit We delivered late ourselves.",
        },
        {
            content: "save",
            trigger: ".modal button[name=action_apply]",
            run: "click",
        },
        {
            content: "it is waived",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Waived')",
        },
        {
            content: "and says why",
            trigger: ".o_field_widget[name=waive_reason]:contains('We delivered late ourselves.')",
        },
    ],
});

registry.category("web_tour.tours").add("credit_collection_history", {
    url: "/odoo/collection-files",
    steps: () => [
        {
            content: "open the customer's file",
            trigger: ".o_data_row:contains('Tour Customer') td[name=partner_id]",
            run: "click",
        },
        {
            content: "the notice stands in the history, with its own subject",
            trigger: ".o-mail-Message:contains('Formal notice after our call')",
        },
        {
            content: "the item has reached its level",
            trigger: ".o_field_widget[name=item_ids] .o_data_row:contains('Formal notice')",
        },
        {
            content: "the reminders are listed",
            trigger: ".o_notebook a[name=actions]",
            run: "click",
        },
        {
            content: "and done",
            trigger: ".o_field_widget[name=action_ids] .o_data_row:contains('Formal notice'):contains('Done')",
        },
    ],
});

// The day of the figures is picked in the search bar, without leaving the list.
registry.category("web_tour.tours").add("credit_collection_as_of", {
    url: "/odoo/open-items",
    steps: () => [
        {
            content: "today the invoice is open",
            trigger: ".o_data_row:contains('Tour Customer')",
        },
        {
            content: "type a day before it was posted",
            trigger: ".o_searchview_input",
            run: "edit 01/01/2020",
        },
        {
            content: "as of that day",
            trigger: ".o_searchview_autocomplete .o-dropdown-item:contains('As of the day')",
            run: "click",
        },
        {
            content: "the search says which day it is",
            trigger: ".o_searchview_facet:contains('As of the day')",
        },
        {
            content: "nothing was open then",
            trigger: ".o_view_nocontent",
        },
    ],
});
