"""Attempts to forge or lose what letters, calls and claims say, by each role, through the ORM as RPC uses it."""

import base64

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .test_interest import InterestCommon

DAY = "2026-03-16"  # a Monday
WIZARDS = (
    "credit.call.result",
    "credit.dunning.preview",
    "credit.exclusion",
    "credit.late.payment",
    "credit.late.waiver",
    "credit.level.change",
    "credit.registered.letter",
    "credit.start",
    "credit.statement.wizard",
)


class AdversaryCommon(InterestCommon):
    """A customer with an address; letters are blank pages."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner.write({"street": "12 rue des Lilas", "zip": "69003", "city": "Lyon", "phone": "+33612345678"})
        cls.readonly = new_test_user(
            cls.env, "auditor", groups="account.group_account_readonly", company_id=cls.company.id
        )
        cls.portal = new_test_user(cls.env, "portal_user", groups="base.group_portal")

    def setUp(self):
        super().setUp()
        self.patch(
            self.env.registry["credit.dunning.printer"],
            "_pages",
            lambda printer, letters, rendered: {
                action.id: b"%PDF-1.4 " + str(action.id).encode() for action in letters
            },
        )

    def _letter(self, **level_values):
        self.letter1.write({"channel": "letter", **level_values})
        self.invoice = self._invoice("2026-03-09")
        return self._night(DAY)

    def _registered(self):
        action = self._letter(registered=True)
        action.action_print()
        return action

    def _claimed(self, **values):
        invoice = self._invoice("2026-01-31", **values)
        claims = self.Claim._claim(invoice, day(DAY))
        return invoice, claims


def day(text):
    return fields.Date.to_date(text)


@freeze_time(DAY)
class TestLetterEvidence(AdversaryCommon):
    def test_a_printed_letter_is_neither_edited_nor_deleted(self):
        action = self._letter()
        action.action_print()
        mine = action.with_user(self.manager)
        for vals in (
            {"subject": "x"}, {"body": "x"}, {"tracking_number": "x"}, {"date_delivered": DAY}, {"delivery": "refused"},
            {"letter_id": False}, {"registered": True}, {"proof_id": False}, {"result": "reached"},
            {"line_ids": [Command.clear()]}, {"line_ids": [Command.update(action.line_ids.id, {"amount": 1})]},
            {"attachment_ids": [Command.delete(action.letter_id.id)]}, {"date_planned": DAY},
        ):  # fmt: skip
            with self.assertRaises(UserError, msg=vals):
                mine.write(vals)
        with self.assertRaises(UserError):
            mine.unlink()
        with self.assertRaises(UserError):
            action.letter_id.with_user(self.manager).unlink()
        with self.assertRaises(UserError):
            action.profile_id.with_user(self.manager).write(
                {"action_ids": [Command.update(action.id, {"state": "void"})]}
            )
        copied = mine.with_context(default_tracking_number="X", default_letter_id=action.letter_id.id).copy()
        self.assertRecordValues(
            copied,
            [
                {
                    "state": "to_confirm",
                    "level_id": False,
                    "letter_id": False,
                    "tracking_number": False,
                    "registered": False,
                }
            ],
        )

    def test_no_default_replaces_what_was_printed(self):
        action = self._letter()
        self.env["ir.default"].with_user(self.collector).set("ir.attachment", "raw", "forged", user_id=True)
        action.with_user(self.collector).with_context(default_raw="forged", default_datas="Zm9yZ2Vk").action_print()
        self.assertEqual(action.state, "sent")
        self.assertEqual(action.letter_id.raw, b"%PDF-1.4 " + str(action.id).encode())

    def test_what_was_said_in_a_call_stays(self):
        call = self.partner._followup_profile(self.company).with_user(self.collector)._plan_call_today().sudo()
        call.with_user(self.collector)._record_call("reached", "They pay on Friday.")
        for vals in ({"note": "They never answered."}, {"user_id": self.manager.id}, {"late_reason_id": 1}):
            with self.assertRaises(UserError, msg=vals):
                call.with_user(self.collector).write(vals)

    def test_the_day_of_a_call_is_that_of_who_made_it(self):
        call = self.partner._followup_profile(self.company).with_user(self.collector)._plan_call_today().sudo()
        with freeze_time("2026-03-17 00:30:00"):  # in the evening of the 16th in Fort-de-France
            call.with_user(self.collector).with_context(tz="America/Martinique")._record_call("reached", "Friday.")
        self.assertIn("03/16/2026", call.profile_id.message_ids[:1].body)

    def test_the_note_of_a_call_to_make_may_be_written(self):
        call = self.partner._followup_profile(self.company).with_user(self.collector)._plan_call_today()
        call.note = "Ask for the order number."
        self.assertTrue(call.note)

    def test_a_letter_is_not_posted_before_it_was_printed(self):
        action = self._registered()
        with self.assertRaisesRegex(UserError, "printed"):
            action._record_posting("RR1", day("2026-03-15"))
        action._record_posting("RR1", day(DAY))
        self.assertEqual(action.state, "sent")

    def test_the_day_of_posting_is_that_day_everywhere(self):
        action = self._registered()
        with freeze_time(f"{DAY} 22:00:00"):
            action._record_posting("RR1", day(DAY))
        local = action.with_context(tz="America/Martinique")
        self.assertEqual(str(fields.Datetime.context_timestamp(local, action.date_done).date()), DAY)
        east = action.with_context(tz="Indian/Reunion")
        self.assertEqual(str(fields.Datetime.context_timestamp(east, action.date_done).date()), DAY)

    def test_a_proof_is_not_replaced_and_the_delivery_can_be_corrected(self):
        action = self._registered()
        action._record_posting("RR1", day(DAY))
        action.with_user(self.collector)._record_delivery("delivered", day(DAY), ("first.pdf", b"first"))
        with self.assertRaisesRegex(UserError, "kept already"):
            action.with_user(self.collector)._record_delivery("refused", day(DAY), ("second.pdf", b"second"))
        action.with_user(self.collector)._record_delivery("refused", day(DAY))
        self.assertRecordValues(action, [{"delivery": "refused"}])
        for change in (lambda proof: proof.unlink(), lambda proof: proof.write({"raw": b"forged"})):
            with self.assertRaises(UserError):
                change(action.proof_id.with_user(self.collector))

    def test_a_registered_letter_stays_registered_there_and_back(self):
        self.partner.email = "a@customer.example.com"
        action = self._letter(registered=True)
        action.with_user(self.collector).action_by_email()
        self.assertFalse(action.registered)
        action.with_user(self.collector).action_by_letter()
        self.assertTrue(action.registered)

    def test_a_letter_waiting_for_the_printer_is_a_contact_planned(self):
        self.company.followup_contact_cap = 1
        self._letter()
        other = self._invoice("2026-03-09")
        item = self._item(other)
        self.assertEqual((item.chase_state, item.recent_contacts), ("too_soon", 1))

    def test_wizards_of_another_user_are_out_of_reach(self):
        other_manager = self.manager.copy({"login": "other_manager"})
        for model in WIZARDS:
            rules = self.env["ir.rule"]._compute_domain(model, "read")
            self.assertTrue(rules, model)
        wizard = self.env["credit.start"].with_user(self.manager).create({})
        with self.assertRaises(AccessError):
            wizard.with_user(other_manager).read(["night"])
        wizard.with_user(self.manager).read(["night"])


@freeze_time(DAY)
class TestClaimsAndTheLedger(AdversaryCommon):
    def test_an_invoice_with_an_open_claim_can_be_deleted(self):
        invoice, claims = self._claimed()
        self.assertTrue(claims)
        invoice.button_draft()
        invoice.unlink()
        self.assertFalse(claims.exists())

    def test_an_invoice_with_a_waived_claim_is_kept_with_a_sentence(self):
        invoice, claims = self._claimed()
        claims[0].with_user(self.manager).action_waive("goodwill")
        invoice.button_draft()
        with self.assertRaisesRegex(UserError, "[Cc]ancel"):
            invoice.unlink()

    def test_a_line_of_an_opening_entry_with_a_claim_can_be_changed(self):
        receivable = self.company_data["default_account_receivable"]
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2026-01-01",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": receivable.id,
                            "partner_id": self.partner.id,
                            "debit": 500,
                            "date_maturity": "2026-01-31",
                        }
                    ),
                    Command.create({"account_id": self.company_data["default_account_revenue"].id, "credit": 500}),
                ],
            }
        )
        entry.action_post()
        line = entry.line_ids.filtered(lambda one: one.account_id == receivable)
        line.no_followup = False
        claims = self.Claim._claim(line, day(DAY))
        self.assertTrue(claims.move_line_id)
        entry.button_draft()
        entry.write({"line_ids": [Command.clear()]})
        self.assertFalse(claims.exists())

    def test_a_claim_of_a_cancelled_invoice_is_not_invoiced(self):
        invoice, claims = self._claimed()
        invoice.button_draft()
        invoice.button_cancel()
        with self.assertRaises(UserError):
            claims.with_user(self.manager).action_invoice()

    def test_a_debit_note_says_what_the_ledger_says_now(self):
        invoice, claims = self._claimed()
        self._payment(1000, "2026-01-30", invoice=invoice)
        with self.assertRaisesRegex(UserError, "left"):
            claims.with_user(self.manager).action_invoice()

    def test_an_indemnity_is_not_invoiced_to_who_turned_out_to_be_a_consumer(self):
        _invoice, claims = self._claimed()
        self.partner.followup_customer_kind = "consumer"
        with self.assertRaises(UserError):
            claims.filtered(lambda claim: claim.kind == "indemnity").with_user(self.manager).action_invoice()

    def test_claims_follow_merged_customers(self):
        _invoice, claims = self._claimed()
        other = self._customer("Durand bis")
        theirs = self._invoice("2026-01-31", partner=other)
        claims |= self.Claim._claim(theirs, day(DAY))
        self.env["base.partner.merge.automatic.wizard"]._merge((self.partner | other).ids, self.partner)
        self.env.invalidate_all()
        self.assertEqual(claims.partner_id, self.partner)
        note = claims.with_user(self.manager).action_invoice()
        self.assertTrue(note.get("res_id"))

    def test_no_default_settles_a_claim(self):
        invoice = self._invoice("2026-01-31")
        self.env["ir.default"].with_user(self.collector).set("credit.late.claim", "waive_reason", "mine", user_id=True)
        profile = self.partner._followup_profile(self.company).with_user(self.collector)
        profile.with_context(
            default_waived_on=DAY, default_amount_paid=1000, default_waived_by_id=self.manager.id
        ).action_claim_late()
        claims = self.Claim.search([("move_id", "=", invoice.id)])
        self.assertEqual(set(claims.mapped("state")), {"claimed"})
        self.assertEqual(
            (claims.mapped("amount_paid"), claims.mapped("waive_reason"), claims.waived_by_id.ids),
            ([0.0, 0.0], [False, False], []),
        )

    def test_nobody_writes_claims_by_any_door(self):
        _invoice, claims = self._claimed()
        claim = claims[0].with_user(self.manager)
        profile = self.partner._followup_profile(self.company)
        for attempt in (
            lambda: claim.write({"waive_reason": "x"}),
            lambda: claim.copy(),
            lambda: claim.unlink(),
            lambda: claim.line_ids.write({"amount": 0}),
            lambda: profile.with_user(self.manager).write(
                {"late_claim_ids": [Command.update(claim.id, {"waived_on": DAY})]}
            ),
            lambda: claim.create({"move_id": claim.move_id.id, "kind": "interest"}),
        ):
            with self.assertRaises(UserError):
                attempt()
        for user in (self.accountant, self.readonly, self.salesperson, self.portal):
            for name, args in (
                ("action_waive", ["x"]), ("action_record_payment", [1.0]), ("action_invoice", []),
                ("action_open_waiver", []), ("action_open_payment", []),
            ):  # fmt: skip
                with self.assertRaises(AccessError, msg=(user.login, name)):
                    getattr(claim.with_user(user), name)(*args)

    def test_an_impossible_payment_is_refused(self):
        _invoice, claims = self._claimed()
        for amount in (-1, 0, 10000):
            with self.assertRaises(UserError, msg=amount):
                claims[0].with_user(self.collector).action_record_payment(amount)


@freeze_time(DAY)
class TestScopes(AdversaryCommon):
    def test_a_company_has_a_scenario_of_its_own(self):
        other = self.setup_other_company()["company"]
        with self.assertRaises(UserError):
            self.company.followup_scenario_id = other.followup_scenario_id
        wizard = self.env["credit.start"].with_user(self.manager).create({})
        with self.assertRaises(UserError):
            wizard.followup_scenario_id = other.followup_scenario_id

    def test_company_settings_are_not_written_by_rpc(self):
        for user in (self.collector, self.manager, self.accountant, self.salesperson, self.portal):
            for vals in ({"followup_test_email": "x@example.com"}, {"followup_payments_max_age": 0}):
                with self.assertRaises(AccessError):
                    self.company.with_user(user).write(vals)
        for user in (self.collector, self.accountant, self.salesperson, self.portal):
            with self.assertRaises(AccessError):
                self.env["credit.start"].with_user(user).create({})

    def test_a_customers_collection_files_are_not_read_by_outsiders(self):
        self._invoice("2026-03-09")
        self.partner._followup_profile(self.company)
        self.portal.partner_id._followup_profile(self.company)
        self.env.invalidate_all()
        for user, partner in ((self.salesperson, self.partner), (self.portal, self.portal.partner_id)):
            for name in ("followup_profile_ids", "followup_item_ids", "followup_overdue", "followup_action_count"):
                with self.assertRaises(AccessError, msg=(user.login, name)):
                    partner.with_user(user).read([name])
        self.partner.with_user(self.accountant).read(["followup_profile_ids", "followup_item_ids", "followup_overdue"])

    def test_an_invoice_read_as_a_whole_is_not_refused(self):
        invoice = self._invoice("2026-03-09")
        for user in (self.accountant, self.readonly, self.collector):
            invoice.with_user(user).read()

    def test_public_methods_check_rights(self):
        """Everything callable by RPC on our models, by a portal user and a salesperson: nothing but an error."""
        action = self._letter()
        _invoice, claims = self._claimed()
        profile = self.partner._followup_profile(self.company)
        for record in (action, claims[0], profile, self.scenario, self._item(self.invoice)):
            base = set(dir(type(self.env["mail.thread"]))) | set(dir(type(self.env["base"])))
            base |= set(dir(type(self.env["mail.activity.mixin"])))
            names = [
                name for name in dir(type(record))
                if not name.startswith("_") and name not in base and name not in record._fields
                and callable(getattr(type(record), name))
            ]  # fmt: skip
            for user in (self.portal, self.salesperson):
                for name in names:
                    method = getattr(type(record), name)
                    needed = method.__code__.co_argcount - 1 - len(method.__defaults__ or ())
                    try:
                        getattr(record.with_user(user), name)(*["x"] * needed)
                    except (UserError, TypeError):
                        continue
                    self.fail(f"{record._name}.{name} is allowed to {user.login}")

    def test_a_branch_is_its_own_creditor_under_the_law_and_on_the_bank_accounts_of_its_company(self):
        self.company.account_fiscal_country_id = self.env.ref("base.fr")
        journal = self.company_data["default_journal_bank"]
        journal.bank_account_id = self.env["res.partner.bank"].create(
            {"acc_number": "FR7630006000011234567890189", "partner_id": self.company.partner_id.id}
        )
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.assertEqual(branch.followup_scenario_id.company_id, branch)
        policies = self.env["credit.interest.policy"].search([("company_id", "=", branch.id)])
        self.assertEqual(len(policies), 3)
        self.assertEqual(branch._followup_law(), "fr")
        self.assertEqual(self.env["credit.statement"]._company_banks(branch), journal.bank_account_id)
        self.assertEqual(branch._payments_known(), {branch: False})
        self._payment(10, "2026-03-13")
        self.assertEqual(branch._payments_known(), {branch: day("2026-03-13")})

    def test_dialogs_reach_no_other_company(self):
        action = self._registered()
        invoice, claims = self._claimed()
        other = self.setup_other_company()["company"]
        stranger = self.manager.copy(
            {"login": "stranger", "company_id": other.id, "company_ids": [Command.set(other.ids)]}
        )
        profile = self.partner._followup_profile(self.company)
        items = self.env["credit.open.item"].search([("partner_id", "=", self.partner.id)])._promisable()
        promise = self.env["credit.promise"]._promise(items[:1], fields.Date.to_date(DAY))
        promised = {"item_ids": [Command.set(items.ids)], "date_promised": DAY}
        self.env.invalidate_all()
        dialogs = {
            "credit.promise.wizard": (promised, "action_save"),
            "credit.promise.cancel": ({"promise_id": promise.id, "reason": "X"}, "action_apply"),
            "credit.registered.letter": ({"action_id": action.id, "tracking_number": "X"}, "action_save"),
            "credit.call.result": ({"action_id": action.id, "note": "X"}, "action_save"),
            "credit.late.payment": ({"claim_id": claims[0].id, "amount": 1}, "action_apply"),
            "credit.late.waiver": ({"claim_ids": [Command.set(claims.ids)], "reason": "X"}, "action_apply"),
            "credit.statement.wizard": ({"profile_ids": [Command.set(profile.ids)]}, "action_download"),
        }
        waive = {"move_ids": [Command.set(invoice.ids)], "reason": "X"}
        for model, (vals, button) in [*dialogs.items(), ("credit.late.waiver", (waive, "action_apply"))]:
            wizards = self.env[model].with_user(stranger).with_context(allowed_company_ids=other.ids)
            with self.assertRaises(AccessError, msg=model):
                getattr(wizards.create(vals), button)()
        self.assertEqual((action.state, set(claims.mapped("state"))), ("sending", {"claimed"}))

    def test_a_button_does_nothing_with_records_of_another_company(self):
        action = self._letter()
        _invoice, claims = self._claimed()
        profile = self.partner._followup_profile(self.company)
        other = self.setup_other_company()["company"]
        stranger = self.manager.copy(
            {"login": "stranger", "company_id": other.id, "company_ids": [Command.set(other.ids)]}
        )
        self.env.invalidate_all()
        for record, buttons in (
            (action, ("action_print", "action_by_email", "action_cancel", "action_edit_text", "action_record_call")),
            (profile, ("action_claim_late", "action_plan_call", "action_write_message", "action_mark_read")),
            (claims, ("action_invoice",)),
        ):
            for button in buttons:
                with self.assertRaises(AccessError, msg=button):
                    getattr(record.with_user(stranger).with_context(allowed_company_ids=other.ids), button)()


@freeze_time(DAY)
class TestHardCasesByLetter(AdversaryCommon):
    def test_hard_case_3_a_partial_payment_is_deducted_at_printing(self):
        action = self._letter()
        self._payment(400, DAY, invoice=self.invoice)
        action.action_print()
        self.assertEqual(action.line_ids.amount, 600)
        self.assertIn("600.00", action.body_sent)

    def test_hard_case_5_an_invoice_deleted_while_its_letter_waits(self):
        action = self._letter()
        self.invoice.button_draft()
        self.invoice.unlink()
        action.action_print()
        self.assertEqual(action.state, "cancelled")
        self.assertEqual(action.line_ids.move_name[:3], "INV")

    def test_hard_case_5_an_invoice_deleted_while_its_letter_is_on_the_way(self):
        action = self._registered()
        self.invoice.button_draft()
        self.invoice.unlink()
        action._record_posting("RR1", day(DAY))
        action._record_delivery("delivered", day(DAY))
        self.assertEqual(action.state, "sent")

    def test_hard_case_6_a_draft_is_not_printed(self):
        action = self._letter()
        self.invoice.button_draft()
        action.action_print()
        self.assertEqual(action.state, "cancelled")

    def test_hard_case_10_a_letter_counts_after_the_payment_bounced(self):
        action = self._letter()
        action.action_print()
        payment = self._payment(1000, "2026-03-17", invoice=self.invoice)
        payment.move_id.line_ids.remove_move_reconcile()
        payment.action_draft()
        self.assertEqual(self._item(self.invoice).dunning_level_id, self.letter1)

    def test_hard_case_14_printing_twice_prints_once(self):
        action = self._letter()
        action.action_print()
        letter = action.letter_id
        result = action.action_print()
        self.assertEqual(result["tag"], "display_notification")
        self.assertEqual(action.letter_id, letter)
        with self.assertRaises(UserError):
            action.action_cancel()

    def test_a_registered_letter_is_posted_once(self):
        action = self._registered()
        action._record_posting("RR1", day(DAY))
        with self.assertRaises(UserError):
            action._record_posting("RR2", day(DAY))
        self.assertEqual(action.tracking_number, "RR1")

    def test_a_level_is_reached_on_the_companys_day(self):
        self.company.resource_calendar_id.tz = "Europe/Paris"
        action = self._letter(claim_charges=True)
        with freeze_time("2026-03-16 23:30:00"):  # half past midnight in Paris
            action.with_context(tz="UTC").action_print()
        self.assertEqual(str(action.line_ids.date_done), "2026-03-17")
        claims = self.Claim.search([("action_id", "=", action.id)])
        self.assertEqual({str(claim.date) for claim in claims}, {"2026-03-17"})

    def test_a_test_addressee_set_after_the_printing_changes_nothing(self):
        action = self._registered()
        self.company.followup_test_email = "trial@creditor.example.com"
        action._record_posting("RR1", day(DAY))
        self.assertRecordValues(action, [{"state": "sent", "is_test": False}])

    def test_what_is_attached_to_a_letter_that_waits_is_not_printed_with_it(self):
        action = self._letter()
        forged = (
            self.env["ir.attachment"]
            .with_user(self.collector)
            .create({"name": "forged.pdf", "raw": b"%PDF", "res_model": action._name, "res_id": action.id})
        )
        action.action_print()
        self.assertFalse(forged.exists())

    def test_a_consumer_sees_no_indemnity_in_a_letter(self):
        self.partner.is_company = False
        action = self._letter(claim_charges=True)
        action.action_print()
        self.assertEqual(action.state, "sent")
        self.assertNotIn("40.00", action.body_sent)
        self.assertFalse(self.Claim.search([("move_id", "=", self.invoice.id), ("kind", "=", "indemnity")]))

    def test_a_text_that_claims_costs_of_a_consumer_in_their_language_only_is_refused(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.partner.write({"is_company": False, "lang": "fr_FR"})
        self.letter1.with_context(
            lang="fr_FR"
        ).text = "<p>Une indemnité de 40 € est due pour frais de recouvrement.</p>"
        action = self._letter()
        action.action_print()
        self.assertEqual(action.state, "failed")
        self.assertIn("consumer", action.reason)

    def test_the_letters_of_two_companies_are_printed_each_on_its_paper(self):
        other = self.setup_other_company()["company"]
        self.env.user.company_ids |= other
        both = {"allowed_company_ids": (self.company | other).ids}
        mine = self._letter()
        other.followup_payments_max_age = 0
        other.followup_scenario_id.live = True
        level = other.followup_scenario_id.level_ids.sorted("day")[2]
        level.write({"channel": "letter", "attach_statement": False})
        self.env["account.move"].with_company(other).with_context(**both).create(
            {
                "move_type": "out_invoice",
                "company_id": other.id,
                "partner_id": self.partner.id,
                "invoice_date": "2026-02-09",
                "invoice_date_due": "2026-03-09",
                "invoice_payment_term_id": False,
                "invoice_line_ids": [Command.create({"name": "Goods", "price_unit": 70, "tax_ids": []})],
            }
        ).action_post()
        theirs = self._night(DAY).with_context(**both)
        self.assertRecordValues(theirs, [{"company_id": other.id, "state": "to_print"}])
        sheets = []
        self.patch(
            self.env.registry["credit.dunning.printer"],
            "_pages",
            lambda printer, letters, rendered: (
                sheets.append((letters.env.company, letters.company_id)) or {one.id: b"%PDF-1.4" for one in letters}
            ),
        )
        letters = mine.with_context(**both) | theirs
        self.env["credit.dunning.printer"].with_context(**both)._print(letters)
        self.assertEqual(set(letters.mapped("state")), {"sent"})
        self.assertEqual(sorted(sheets, key=lambda sheet: sheet[0].id), [(self.company,) * 2, (other,) * 2])

    def test_the_documents_company_decides_whatever_is_active(self):
        other = self.setup_other_company()["company"]
        self.env.user.company_ids |= other
        action = self._letter()
        action = action.with_context(allowed_company_ids=(other | self.company).ids)
        self.assertEqual(action.env.company, other)
        values = action.env["credit.dunning.words"]._render(action)
        self.assertIn(self.company.name, values["html"])
        self.assertNotIn(other.name, values["html"])

    def test_hard_case_13_a_plain_letter_that_came_back_gives_its_level_back(self):
        action = self._letter()
        with self.assertRaises(UserError):
            action.with_user(self.collector).action_came_back()
        action.action_print()
        with self.assertRaises(AccessError):
            action.with_user(self.accountant).action_came_back()
        action.with_user(self.collector).action_came_back()
        self.assertEqual(action.state, "void")
        self.assertFalse(self._item(self.invoice).dunning_level_id)

    def test_a_returned_letter_is_not_printed_to_the_same_address(self):
        action = self._registered()
        action._record_posting("RR1", day(DAY))
        action._record_delivery("wrong_address", day(DAY))
        again = self._night("2026-03-17")
        with freeze_time("2026-03-17"):
            again.action_print()
            self.assertEqual(again.state, "failed")
            self.assertIn("12 rue des Lilas", again.reason)
            self.partner.street = "14 rue des Lilas"
            again.action_retry()
            again.action_print()
        self.assertEqual(again.state, "sending")


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestReportEndpoints(AdversaryCommon, HttpCase):
    @mute_logger("odoo.http")
    def test_documents_are_refused_over_http(self):
        action = self._letter()
        action.action_print()
        wizard = (
            self.env["credit.statement.wizard"]
            .with_user(self.accountant)
            .create({"partner_ids": [Command.set(self.partner.ids)]})
        )
        wizard.sudo().write({"file": base64.b64encode(b"secret"), "file_name": "s.pdf"})
        merged = self.env["credit.dunning.printer"].with_user(self.collector)._merge(action.with_user(self.collector))
        profile = self.partner._followup_profile(self.company)
        urls = [
            f"/report/html/credit_collection.dunning_letter_document/{action.id}",
            f"/report/html/credit_collection.credit_statement/{profile.id}",
            f"/web/content/{action.letter_id.id}",
            f"/web/content/{merged.id}",
            f"/web/content/credit.statement.wizard/{wizard.id}/file?filename_field=file_name",
        ]
        other = self.setup_other_company()["company"]
        strangers = [
            new_test_user(
                self.env,
                "foreign_accountant",
                groups="account.group_account_invoice,credit_collection.credit_collection_group_manager",
                company_id=other.id,
                company_ids=[Command.set(other.ids)],
            ),
            self.salesperson,
            self.portal,
        ]
        for user in strangers:
            self.authenticate(user.login, user.login)
            for url in urls:
                self.assertIn(self.url_open(url).status_code, (403, 404), (user.login, url))
        self.authenticate("collector", "collector")
        for url in urls[:-1]:
            self.assertEqual(self.url_open(url).status_code, 200, url)
        self.assertEqual(self.url_open(urls[-1]).status_code, 404, "the file of somebody else")
