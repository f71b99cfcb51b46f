"""Attempts to break the collector's desk that once succeeded: promises, disputes, and what is claimed beside them."""

from unittest.mock import patch

from freezegun import freeze_time

from odoo import SUPERUSER_ID, Command, fields
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.credit_collection import _uninstall_hook

from .common_promises import PromisesCommon
from .test_disputes import DAY, DisputeCommon


class DeskCommon(DisputeCommon, PromisesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.stranger = new_test_user(
            cls.env,
            "stranger",
            groups="credit_collection.credit_collection_group_manager",
            company_id=elsewhere.id,
            company_ids=[Command.set(elsewhere.ids)],
        )
        cls.warehouse = new_test_user(cls.env, "warehouse", groups="base.group_user", company_id=cls.company.id)

    def _merge(self, source, target):
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((source | target).ids, target)
        self.env.invalidate_all()

    def _move_to(self, invoice, customer):
        """Give the invoice to another customer, as one does in draft."""
        invoice.button_draft()
        invoice.partner_id = customer
        invoice.action_post()

    def _send(self):
        self.env["credit.dunning.mailer"]._cron_send()


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestDeskClaims(DeskCommon):
    """What customers are told, and what is held back."""

    def test_a_queued_reminder_does_not_claim_unconfirmed_what_was_disputed_until_yesterday(self):
        invoice = self._invoice("2026-03-10", 5000)
        self._open({invoice: 1200}, deadline=fields.Date.to_date(DAY))
        action = self.env["credit.dunning.run"].with_company(self.company)._prepare()
        self.assertEqual((action.state, action.line_ids.amount), ("queued", 3800))
        with freeze_time("2026-03-17"):
            self._send()
            self.assertEqual((action.state, action.line_ids.amount), ("to_confirm", 5000))
            action.action_confirm()
            self._send()
        self.assertEqual((action.state, len(self.outbox)), ("sent", 1))

    def test_an_item_listed_beside_others_is_dropped_once_it_is_promised(self):
        self.letter1.automatic = False
        due, beside = self._invoice("2026-03-10", 500), self._invoice("2026-03-10", 800)
        chased_before = fields.Date.to_date("2026-03-13")
        self.env["credit.collection.action"]._set_level(self._item(beside), self.letter1, "by post", chased_before)
        action = self._night(DAY).filtered(lambda action: action.channel != "call")
        self.assertEqual(action._standing_lines("claimed").move_id, due | beside)
        self._promise(beside, "2026-03-25")
        action.action_confirm()
        self._send()
        self.assertEqual((action.state, action._standing_lines().move_id), ("sent", due))

    def test_what_is_disputed_is_neither_proposed_nor_confirmed_as_promised(self):
        invoice = self._invoice("2026-03-10", 1000)
        self._open({invoice: 400})
        promise = self._promise(invoice, "2026-03-20", confirm=True)
        self.assertEqual((promise.amount, promise.confirmation_id.line_ids.amount), (600, 600))
        Dialog = self.env["credit.promise.wizard"].with_user(self.collector)
        dialog = Form(Dialog.with_context(active_model="credit.open.item", active_ids=self._item(invoice).ids))
        self.assertEqual((dialog.amount, dialog.amount_open), (600, 1000))
        profile = self.partner._followup_profile(self.company)
        call = self.env["credit.call.result"].with_user(self.collector).create({"profile_id": profile.id})
        self.assertEqual(call.amount_promised, 600)
        whole = self._invoice("2026-03-10", 500)
        self._open({whole: 500})
        self.assertEqual(self._promise(whole, "2026-03-20").amount, 500, "a customer may pay under protest")

    def test_a_promise_that_was_replaced_or_cancelled_is_not_confirmed_any_more(self):
        invoice = self._invoice("2026-03-10", 1000)
        with freeze_time("2026-03-14"):  # a Saturday: nothing leaves before Monday
            replaced = self._promise(invoice, "2026-03-20", confirm=True)
            standing = self._promise(invoice, "2026-03-25", confirm=True)
            cancelled = self._promise(self._invoice("2026-03-10", 70), "2026-03-25", confirm=True)
            cancelled.with_user(self.collector).action_cancel("Misheard")
        self._send()
        states = [promise.confirmation_id.state for promise in (replaced, standing, cancelled)]
        self.assertEqual((states, len(self.outbox)), (["cancelled", "sent", "cancelled"], 1))

    def test_what_is_credited_already_is_not_credited_again(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200})
        self._match(self._credit_note(500, DAY), invoice)
        dispute.action_close("founded", resolution="x")
        credit_note = dispute.credit_move_ids
        self.assertEqual(credit_note.amount_total, 700)
        self.assertEqual(self._claim(invoice), (3800, 700), "until it is posted")
        credit_note.action_post()
        self._match(credit_note, invoice)
        self.assertEqual(self._claim(invoice), (3800, 0))
        self.assertEqual(self._end(dispute), ("closed", "founded", 1200))

    def test_what_was_credited_for_a_dispute_that_is_closed_does_not_count_for_another(self):
        invoice = self._invoice("2026-03-10", 5000)
        first, second = self._open({invoice: 1200}), self._open({invoice: 300}, reason=self.quality)
        self._match(self._credit_note(500, DAY), invoice)
        first.action_close("founded", resolution="x")
        (first | second)._judge()
        self.assertEqual(self._end(second), ("open", None, 0))
        self.assertEqual(self._claim(invoice), (3500, 1000))
        first.credit_move_ids.action_post()
        self._match(first.credit_move_ids, invoice)
        self.assertEqual(self._claim(invoice), (3500, 300))
        self._match(self._credit_note(300, DAY), invoice)
        self.assertEqual(self._end(second), ("closed", "founded", 300))

    def test_an_invoice_that_goes_to_another_customer_leaves_its_dispute_and_promise_behind(self):
        invoice, other = self._invoice("2026-03-10", 5000), self._customer("Dupont")
        dispute = self._open({invoice: 1200})
        promise = self._promise(invoice, "2026-03-20")
        self._move_to(invoice, other)
        self.assertEqual((self._end(dispute), promise.state), (("cancelled", None, 0), "cancelled"))
        self.assertEqual((self._claim(invoice), self._state(invoice)), ((5000, 0), "chase"))
        theirs = self._open({invoice: 300})
        self._match(self._credit_note(300, DAY, other), invoice)
        self.assertEqual(self._end(theirs), ("closed", "founded", 300), "the dispute left behind takes nothing of it")
        self._move_to(invoice, self.partner)
        self.assertEqual((dispute.state, promise.state, theirs.state), ("open", "open", "cancelled"))

    def test_promised_for_the_undisputed_part_it_is_kept_and_the_dispute_stands(self):
        invoice = self._invoice("2026-03-10", 1000)
        dispute = self._open({invoice: 400})
        promise = self._promise(invoice, "2026-03-20")
        self._payment(600, "2026-03-18", invoice=invoice)
        self.assertEqual((promise.state, self._end(dispute)), ("kept", ("open", None, 0)))
        self.assertEqual(self._state(invoice), "disputed")


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestDeskRights(DeskCommon):
    def test_a_dialog_tells_nothing_of_a_dispute_one_may_not_read(self):
        dispute = self._open({self._invoice("2026-03-10", 5000): 1200})
        dispute.action_answer("partly_founded", 700, "x")
        for user in (self.warehouse, self.stranger):
            Decision = self.env["credit.dispute.decision"].with_user(user)
            for name in ("total", "amount", "answer", "outcome", "currency_id"):
                self.env.invalidate_all()
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    Decision.create({"dispute_id": dispute.id}).read([name])
                with self.assertRaises(AccessError):
                    Decision.onchange({"dispute_id": dispute.id}, ["dispute_id"], {name: {}})

    def test_who_answers_a_dispute_cannot_search_it_by_what_stands_on_the_invoice(self):
        dispute = self._open({self._invoice("2026-03-10", 5000): 1200}, owner=self.warehouse)
        mine = self.Dispute.with_user(self.warehouse)
        self.assertEqual(mine.search([("line_ids.amount", ">", 0)]), dispute)
        for path in ("line_ids.move_id.amount_total", "line_ids.partner_id.credit_limit"):
            with self.assertRaises(AccessError):
                mine.search([(path, ">", 0)])


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestDeskChanges(DeskCommon):
    """Customers merged, people who leave, the addon removed."""

    def test_a_customer_merged_into_a_contact_is_the_contacts_company_from_then_on(self):
        group, lone = self._customer("Group"), self._customer("Ann", is_company=False)
        contact = self.env["res.partner"].create({"name": "Billing", "parent_id": group.id})
        invoice = self._invoice("2026-02-10", 1000, lone)
        dispute, promise = self._open({invoice: 400}), self._promise(invoice, "2026-03-20")
        former = lone._followup_profile(self.company)
        former.message_post(body="They called")
        call = former._plan_call_today()
        self._merge(lone, contact)
        profile = self._item(invoice).profile_id
        self.assertEqual(profile.partner_id, group)
        self.assertEqual((profile.promise_ids, profile.dispute_ids, profile.action_ids), (promise, dispute, call))
        self.assertIn("They called", self._texts(profile))
        with freeze_time("2026-03-24"):
            self._judge()
        self.assertEqual(promise.state, "broken")
        self.assertTrue(self._activities(group))

    def test_a_customer_that_becomes_a_contact_by_a_merge_brings_its_file_along(self):
        group, lone = self._customer("Group"), self._customer("Ann", is_company=False)
        contact = self.env["res.partner"].create({"name": "Billing", "parent_id": group.id})
        promises = self._promise(self._invoice("2026-02-10", 300, group), "2026-03-20")
        promises |= self._promise(self._invoice("2026-02-10", 100, lone), "2026-03-20")
        self._merge(contact, lone)
        self.assertEqual(lone.commercial_partner_id, group)
        files = self.env["credit.profile"].search([("partner_id", "in", (lone | group).ids)])
        self.assertEqual((files.partner_id, files.promise_ids), (group, promises))

    def test_a_customer_that_becomes_a_contact_by_hand_brings_its_file_along(self):
        group, lone = self._customer("Group"), self._customer("Ann", is_company=False)
        invoice = self._invoice("2026-02-10", 1000, lone)
        dispute, promise = self._open({invoice: 400}), self._promise(invoice, "2026-03-20")
        lone._followup_profile(self.company).message_post(body="They called")
        lone.parent_id = group
        profile = self._item(invoice).profile_id
        self.assertEqual(profile.partner_id, group)
        self.assertEqual((profile.promise_ids, profile.dispute_ids), (promise, dispute))
        self.assertIn("They called", self._texts(profile))
        self.assertFalse(self.env["credit.profile"].search([("partner_id", "=", lone.id)]))
        lone.parent_id = False
        self.assertEqual(profile.partner_id, group, "what was said to the company stays with it")

    def test_only_who_decides_on_holds_joins_a_customer_with_a_file_to_another(self):
        """Put under another customer and taken out again, it would be without its hold."""
        group, lone = self._customer("Group"), self._customer("Ann", is_company=False)
        without = self._customer("Bob", is_company=False)
        lone._followup_profile(self.company)
        clerk = new_test_user(
            self.env,
            "clerk",
            groups="base.group_partner_manager,account.group_account_invoice",
            company_id=self.company.id,
        )
        without.with_user(clerk).parent_id = group
        with self.assertRaises(AccessError) as refused:
            lone.with_user(clerk).parent_id = group
        self.assertIn("Ann has a collection file", refused.exception.args[0])
        (self.manager | self.stranger).group_ids += self.env.ref("base.group_partner_manager")
        with self.assertRaises(AccessError, msg="the file is of a company where that one decides nothing"):
            lone.with_user(self.stranger).parent_id = group
        without.with_user(self.stranger).parent_id = False
        lone.with_user(self.manager).parent_id = group
        self.assertEqual(
            self.env["credit.profile"].search([("partner_id", "in", (lone | group).ids)]).partner_id, group
        )

    def test_a_subsidiary_that_is_no_company_any_more_brings_its_file_into_that_of_its_group(self):
        group = self._customer("Group")
        subsidiary = self._customer("Subsidiary", parent_id=group.id)
        theirs = group._followup_profile(self.company)
        theirs.message_post(body="Group called")
        former = subsidiary._followup_profile(self.company)
        former.message_post(body="Subsidiary called")
        call = former._plan_call_today()
        elsewhere = self.setup_other_company()["company"]
        other = subsidiary.with_company(elsewhere)._followup_profile(elsewhere)
        subsidiary.with_user(self.env.ref("base.user_admin")).is_company = False
        self.assertFalse(former.exists())
        self.assertEqual((theirs.action_ids, other.partner_id), (call, group))
        texts = self._texts(theirs)
        self.assertTrue("Group called" in texts and "Subsidiary called" in texts)

    def test_a_night_killed_at_any_of_its_steps_is_made_up_for_by_the_next(self):
        promise = self._promise(self._invoice("2026-02-10", 1000), "2026-03-18")
        disputed = self._invoice("2026-02-10", 500, self._customer("Lefort"))
        dispute = self._open({disputed: 200}, deadline=fields.Date.to_date("2026-03-18"))
        self._invoice("2026-03-17", partner=self._customer("Martin"))
        steps = [
            ("credit.hold", "_end_settled"),
            ("credit.profile", "_cron_review_limits"),
            ("credit.dispute", "_cron_review"),
            ("credit.suspension", "_cron_review"),
            ("credit.dunning.run", "_prepare"),
            ("credit.dunning.mailer", "_cron_send"),
            ("sale.order", "_cron_followup_recheck"),
        ]
        results = []
        for model, method in steps:
            with patch.object(self.env.registry[model], method, side_effect=SystemExit):
                try:  # not assertRaises, which undoes what was done before
                    self._night("2026-03-24")
                except SystemExit:
                    results.append(promise.state)
        self.assertEqual(results, ["broken"] * len(steps), "judged, and kept when the rest was killed")
        self._night("2026-03-24")
        self.assertTrue(dispute.escalated_to_id)
        self.assertEqual(len(self._activities()), 1)
        passed_on = self.env.ref("credit_collection.mail_activity_dispute_late")
        self.assertEqual(len(dispute.activity_ids.filtered(lambda a: a.activity_type_id == passed_on)), 1)
        self.assertEqual(sum("broken" in body for body in self._told()), 1)
        written = [mail["action"].partner_id.name for mail in self.outbox]
        self.assertEqual(sorted(written), ["Durand", "Martin"], "a mail each")
        self.assertFalse(self._night("2026-03-24"), "nothing is prepared twice")
        self.assertEqual((len(self._activities()), len(self.outbox)), (1, 2))

    def test_notes_begun_on_two_customers_that_are_merged_are_both_kept(self):
        twin = self._customer("Durand SA")
        Call = self.env["credit.call.result"].with_user(self.collector)
        profile = self.partner._followup_profile(self.company)
        Call.create({"profile_id": profile.id, "note": "They want a copy"})
        Call.create(
            {"profile_id": twin._followup_profile(self.company).id, "note": "Ring on Monday", "call_back": DAY}
        )
        self._merge(twin, self.partner)
        (draft,) = Call._drafts(profile).values()
        self.assertEqual(draft.note.split("\n"), ["They want a copy", "Ring on Monday"])
        self.assertEqual(str(draft.call_back), DAY)
        draft.action_save()
        self.assertIn("Ring on Monday", self._texts(profile))
        self.assertIn("They want a copy", self._texts(profile))

    def test_a_collector_who_has_left_is_not_asked_to_act(self):
        self._promise(self._invoice("2026-02-09", 100), DAY)
        self.partner._followup_profile(self.company).collector_id = self.collector
        self.collector.active = False
        self._night("2026-03-24")
        self.assertEqual(len(self._activities()), 1)
        self.assertTrue(self._activities().user_id.active)

    def test_nothing_holds_the_shipped_reasons_when_the_addon_is_uninstalled(self):
        invoice = self._invoice("2026-03-10", 5000)
        self._open({invoice: 1200}).action_close("founded", resolution="x")
        self._promise(invoice, "2026-03-20", confirm=True)
        call = self.partner._followup_profile(self.company)._plan_call_today()
        call._record_call("reached", "x", late_reason=self.price)
        _uninstall_hook(self.env(user=SUPERUSER_ID))
        self.env.cr.execute("DELETE FROM credit_late_reason")
        self.assertFalse(self.env["credit.late.reason"].search([]))
