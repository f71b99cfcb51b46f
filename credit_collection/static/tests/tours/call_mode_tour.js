import { registry } from "@web/core/registry";

// Two customers are called one after the other; a note left by Escape is found again.
registry.category("web_tour.tours").add("credit_collection_call_mode", {
    url: "/odoo/collection-files",
    steps: () => [
        {
            content: "select the first customer",
            trigger: ".o_data_row:contains('Tour Customer A') .o_list_record_selector input",
            run: "click",
        },
        {
            content: "and the second",
            trigger: ".o_data_row:contains('Tour Customer B') .o_list_record_selector input",
            run: "click",
        },
        {
            content: "call them",
            trigger: "button[name=action_start_calls]",
            run: "click",
        },
        {
            content: "the first customer's file opens, one is left",
            trigger: ".o_form_view:contains('Tour Customer A') .o_field_widget[name=calls_left]:contains('1')",
        },
        {
            content: "note the call",
            trigger: ".o_form_view:contains('Tour Customer A') button[name=action_note_call]:contains('Note')",
            run: "click",
        },
        {
            content: "the number is at hand",
            trigger: ".modal .o_field_widget[name=phone_numbers]:contains('+33 1 99 00 11 22')",
        },
        {
            content: "begin to write, and leave the dialog by accident",
            trigger: ".modal .o_field_widget[name=note] textarea",
            async run(helpers) {
                await helpers.fill("The transfer leaves");
                await helpers.press("Escape");
            },
        },
        {
            content: "the file says so",
            trigger: "body:not(:has(.modal)) .alert:contains('You began to note a call') button",
            run: "click",
        },
        {
            content: "nothing is lost",
            trigger: ".modal .o_field_widget[name=note] textarea:value('The transfer leaves')",
            run: "edit The transfer leaves on Friday.",
        },
        {
            content: "go on to the next customer",
            trigger: ".modal button[name=action_save_next]",
            run: "click",
        },
        {
            content: "the second customer has taken the place of the first",
            trigger: ".o_form_view:contains('Tour Customer B') .o_field_widget[name=calls_left]:contains('0')",
        },
        {
            content: "the breadcrumb has grown by none",
            trigger: ".o_breadcrumb:not(:contains('Tour Customer A'))",
        },
        {
            content: "note a call",
            trigger: "body:not(:has(.modal)) .o_form_view:contains('Tour Customer B') button[name=action_note_call]:contains('Note')",
            run: "click",
        },
        {
            content: "nobody answered",
            trigger: ".modal .o_field_widget[name=result] label:contains('No answer')",
            run: "click",
        },
        {
            content: "another call is proposed",
            trigger: ".modal .o_field_widget[name=call_back]:not(.o_field_empty)",
        },
        {
            content: "that was the last one",
            trigger: ".modal button[name=action_save_next]",
            run: "click",
        },
        {
            content: "back in the list",
            trigger: "body:not(:has(.modal)) .o_list_view .o_data_row:contains('Tour Customer A')",
        },
    ],
});

// What stands in the dialog when another menu is opened is kept, too.
registry.category("web_tour.tours").add("credit_collection_call_draft", {
    url: "/odoo/collection-files",
    steps: () => [
        {
            content: "open the file",
            trigger: ".o_data_row:contains('Tour Customer A') td[name=partner_id]",
            run: "click",
        },
        {
            content: "note a call",
            trigger: ".o_form_view button[name=action_note_call]:contains('Note')",
            run: "click",
        },
        {
            content: "type, and go elsewhere with the browser",
            trigger: ".modal .o_field_widget[name=note] textarea",
            async run(helpers) {
                await helpers.fill("Half a sentence");
                history.back();
            },
        },
        {
            content: "elsewhere",
            trigger: "body:not(:has(.modal)) .o_list_view",
        },
        {
            content: "open the file again",
            trigger: ".o_data_row:contains('Tour Customer A') td[name=partner_id]",
            run: "click",
        },
        {
            content: "the note is there",
            trigger: ".alert:contains('You began to note a call') button",
            run: "click",
        },
        {
            content: "as it was typed",
            trigger: ".modal .o_field_widget[name=note] textarea:value('Half a sentence')",
        },
        {
            content: "discard it",
            trigger: ".modal button:contains('Discard')",
            run: "click",
        },
        {
            content: "it is gone",
            trigger: "body:not(:has(.modal)) .o_form_view:not(:has(.alert:contains('You began')))",
        },
    ],
});
