"""Who opens, reads, answers, closes, reopens and cancels disputes: allowed and refused pairs, through the ORM and over RPC."""

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method
from odoo.tests import new_test_user, tagged

from .test_disputes import DAY, DisputeCommon


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestDisputeRights(DisputeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls._new("colleague", "sales_team.group_sale_salesman")
        cls.team_leader = cls._new("teamleader", "sales_team.group_sale_salesman_all_leads")
        cls.reader = cls._new("reader", "account.group_account_readonly")
        cls.warehouse = cls._new("warehouse", "base.group_user")
        cls.invoice = cls._invoice("2026-03-10", 5000)

    @classmethod
    def _new(cls, login, groups):
        return new_test_user(
            cls.env, login, groups=groups, company_id=cls.company.id, email=f"{login}@creditor.example.com"
        )

    def setUp(self):
        super().setUp()
        self.dispute = self._open({self.invoice: 1200})

    def _as(self, user):
        return self.dispute.with_user(user)

    def _sees(self, user):
        Dispute = self.env["credit.dispute"].with_user(user)
        found = bool(Dispute.search([("id", "=", self.dispute.id)]))
        lines = self.env["credit.dispute.line"].with_user(user).search([("dispute_id", "=", self.dispute.id)])
        self.assertEqual(found, bool(lines), user.login)
        return found

    # -- reading ---------------------------------------------------------------------

    def test_an_owner_without_sales_or_accounting_finds_the_dispute_on_the_customer(self):
        self.assertEqual(self.partner.with_user(self.salesperson).followup_dispute_count, 1)
        self.dispute.owner_id = self.warehouse
        self.env.invalidate_all()
        for user, count in ((self.warehouse, 1), (self.salesperson, 0), (self.colleague, 0)):
            partner = self.partner.with_user(user)
            self.assertEqual(partner.followup_dispute_count, count, user.login)
            found = self.env["credit.dispute"].with_user(user).search(partner.action_followup_disputes()["domain"])
            self.assertEqual(len(found), count, user.login)
        self.assertEqual(self._as(self.warehouse).action_open()["res_id"], self.dispute.id)
        with self.assertRaises(AccessError):
            self._as(self.colleague).action_open()

    def test_nobody_is_offered_a_dialog_that_has_nothing_to_say(self):
        """The button *Payments* is for sales: without their right its dialog would be empty."""
        Partner = self.env["res.partner"]
        for user, offered in ((self.salesperson, True), (self.warehouse, False), (self.collector, False)):
            arch = Partner.with_user(user).get_view(view_type="form")["arch"]
            self.assertEqual("action_followup_situation" in arch, offered, user.login)
            self.assertEqual("action_followup_disputes" in arch, user != self.collector, user.login)

    def test_the_owner_accounting_and_team_leaders_read_and_other_salespeople_do_not(self):
        for user in (self.salesperson, self.collector, self.manager, self.accountant, self.reader, self.team_leader):
            self.assertTrue(self._sees(user), user.login)
        for user in (self.colleague, self.warehouse):
            self.assertFalse(self._sees(user), user.login)
            with self.assertRaises(AccessError):
                self._as(user).read(["amount"])

    def test_the_salesperson_of_the_customer_or_of_the_invoice_reads(self):
        self.assertFalse(self._sees(self.colleague))
        self.partner.user_id = self.colleague
        self.assertTrue(self._sees(self.colleague))
        self.partner.user_id = False
        self.invoice.invoice_user_id = self.colleague
        self.assertTrue(self._sees(self.colleague))

    def test_an_owner_of_any_department_reads_what_the_form_shows(self):
        self.dispute.owner_id = self.warehouse
        self.assertTrue(self._sees(self.warehouse))
        spec = {name: {} for name in ("display_name", "amount", "state", "answer", "may_answer", "date_deadline")}
        spec |= {
            "partner_id": {"fields": {"display_name": {}}},
            "line_ids": {"fields": {"move_name": {}, "amount": {}}},
        }
        (row,) = self._as(self.warehouse).web_read(spec)
        self.assertEqual(
            (row["amount"], row["may_answer"], row["line_ids"][0]["move_name"]), (1200, True, self.invoice.name)
        )
        self.assertTrue(self._as(self.warehouse).get_views([(False, "form"), (False, "list")]))
        with self.assertRaises(AccessError):
            self._as(self.warehouse).read(["credit_move_ids"])

    def test_other_companies_are_not_read(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="credit_collection.credit_collection_group_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.assertFalse(self._sees(stranger))
        with self.assertRaises(AccessError):
            self._as(stranger).action_close("unfounded")

    def test_who_reads_posts_in_the_chatter_and_others_do_not(self):
        self._as(self.salesperson).message_post(body="I ask the warehouse.")
        with self.assertRaises(AccessError):
            self._as(self.colleague).message_post(body="Hello")

    def test_nobody_says_by_hand_which_credit_note_settles_it(self):
        note = self._credit_note(100, DAY)
        forged = {"followup_dispute_id": self.dispute.id}
        vals = {"move_type": "out_refund", "partner_id": self.partner.id}
        for user in (self.accountant, self.collector, self.manager):
            Move = self.env["account.move"].with_user(user)
            Move.create(vals)
            with self.assertRaises(AccessError, msg=user.login):
                note.with_user(user).write(forged)
            with self.assertRaises(AccessError, msg=user.login):
                Move.create({**vals, **forged})
            with self.assertRaises(AccessError, msg=user.login):
                Move.with_context(default_followup_dispute_id=self.dispute.id).create(vals)
            Default = self.env["ir.default"].with_user(user)
            Default.set("account.move", "followup_dispute_id", self.dispute.id, user_id=True)
            for mine in (Move, Move.sudo()):
                with self.assertRaises(AccessError, msg=user.login):
                    mine.create(vals)
        self.assertFalse(note.followup_dispute_id)
        self.env["ir.default"].search([]).filtered(lambda d: d.field_id.name == "followup_dispute_id").unlink()
        self._as(self.collector).action_close("founded")
        made = self.dispute.credit_move_ids
        with self.assertRaises(AccessError):
            made.with_user(self.accountant).write({"followup_dispute_id": False})

    def test_documents_are_made_from_others_and_by_other_ways_as_before(self):
        self._as(self.collector).action_close("founded")
        note = self.dispute.credit_move_ids.with_user(self.accountant)
        note.action_post()
        note.button_draft()
        note.action_post()
        wizard = self.env["account.move.reversal"].with_user(self.accountant)
        wizard = wizard.with_context(active_model="account.move", active_ids=note.ids)
        wizard.create({"journal_id": note.journal_id.id}).refund_moves()
        self.assertFalse((note.copy() | note.reversal_move_ids).followup_dispute_id)
        self.assertEqual(note.followup_dispute_id, self.dispute)
        Move = self.env["account.move"].with_user(self.accountant)
        names = ["move_type", "partner_id/.id", "invoice_line_ids/name", "invoice_line_ids/price_unit"]
        imported = Move.load(names, [["out_invoice", str(self.partner.id), "Goods", "5"]])
        self.assertTrue(imported["ids"], imported["messages"])
        vals = {"move_type": "out_refund", "partner_id": self.partner.id}
        self.assertTrue(Move.with_context(default_followup_dispute_id=False).create(vals), "no dispute is named")

    # -- opening ---------------------------------------------------------------------

    def test_collectors_open_and_others_do_not(self):
        for user in (self.salesperson, self.accountant, self.reader, self.team_leader, self.warehouse):
            with self.assertRaises(AccessError, msg=user.login):
                self._open({self.invoice: 10}, user=user)
        for user in (self.collector, self.manager):
            self.assertEqual(self._open({self.invoice: 10}, user=user).user_id, user)

    def test_nobody_writes_disputes_beside_the_buttons(self):
        vals = {
            "partner_id": self.partner.id,
            "currency_id": self.company.currency_id.id,
            "reason_id": self.price.id,
            "owner_id": self.salesperson.id,
            "date_deadline": DAY,
        }
        for user in (self.salesperson, self.accountant, self.collector, self.manager):
            with self.assertRaises(AccessError, msg=user.login):
                self.env["credit.dispute"].with_user(user).create(vals)
            with self.assertRaises(AccessError, msg=user.login):
                self.env["credit.dispute.line"].with_user(user).create({"dispute_id": self.dispute.id, "amount": 5})
            with self.assertRaises(AccessError, msg=user.login):
                self.dispute.line_ids.with_user(user).write({"amount": 5000})
            with self.assertRaises(AccessError, msg=user.login):
                self._as(user).unlink()
            for forged in (
                {"state": "closed"},
                {"outcome": "founded"},
                {"by_ledger": True},
                {"answer": "founded"},
                {"line_ids": [(5, 0, 0)]},
                {"partner_id": self.env.user.partner_id.id},
                {"amount": 1},
            ):
                with self.assertRaises(UserError, msg=(user.login, forged)):
                    self._as(user).write(forged)
        for name in ("_open", "_judge", "_write_state", "_end", "_cron_review"):
            with self.assertRaises(AccessError):
                get_public_method(self.dispute, name)

    def test_collectors_pass_a_dispute_on_while_it_is_open(self):
        self._as(self.collector).owner_id = self.colleague
        self.assertTrue(self._sees(self.colleague))
        self.assertEqual(self.dispute.activity_ids.user_id, self.colleague)
        self.assertFalse(self._sees(self.salesperson))
        for user in (self.accountant, self.colleague, self.team_leader):
            with self.assertRaises(AccessError, msg=user.login):
                self._as(user).write({"owner_id": user.id})
        self._as(self.collector).action_cancel("Mistake")
        with self.assertRaisesRegex(UserError, "not open"):
            self._as(self.collector).date_deadline = "2026-12-31"

    def test_a_dispute_cannot_be_passed_to_who_cannot_read_it_nor_get_another_kind_of_reason(self):
        portal = self._new("portal_owner", "base.group_portal")
        with self.assertRaisesRegex(UserError, "can log in"), self.env.cr.savepoint():
            self._as(self.collector).owner_id = portal
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "no reason for a dispute"), self.env.cr.savepoint():
            self._as(self.collector).reason_id = self.env.ref("credit_collection.credit_late_reason_cash")

    # -- deciding --------------------------------------------------------------------

    def test_the_owner_and_collectors_answer_and_others_do_not(self):
        self.partner.user_id = self.colleague  # who reads, and does not own
        for user in (self.colleague, self.team_leader, self.accountant, self.reader, self.warehouse):
            with self.assertRaises(AccessError, msg=user.login):
                self._as(user).action_answer("founded", text="x")
        for user in (self.salesperson, self.collector):
            self._as(user).action_answer("unfounded", text="The order is clear.")

    def test_collectors_close_and_cancel_and_the_owner_does_not(self):
        for user in (self.salesperson, self.accountant, self.team_leader):
            with self.assertRaises(AccessError, msg=user.login):
                self._as(user).action_close("unfounded", resolution="x")
            with self.assertRaises(AccessError, msg=user.login):
                self._as(user).action_cancel("x")
        with self.assertRaisesRegex(UserError, "Say why"):
            self._as(self.collector).action_cancel(" ")
        with self.assertRaisesRegex(UserError, "founded"):
            self._as(self.collector).action_close("perhaps")
        self._as(self.collector).action_close("unfounded", resolution="x")
        for again in (
            lambda: self._as(self.collector).action_close("founded"),
            lambda: self._as(self.collector).action_cancel("x"),
            lambda: self._as(self.salesperson).action_answer("founded", text="x"),
        ):
            with self.assertRaisesRegex(UserError, "not open"):
                again()

    def test_credit_managers_reopen_and_collectors_do_not(self):
        self._as(self.collector).action_close("unfounded", resolution="x")
        for user in (self.collector, self.salesperson):
            with self.assertRaises(AccessError, msg=user.login):
                self._as(user).action_reopen("x")
        self._as(self.manager).action_reopen("They sent the order.")
        self.assertEqual(self._end(self.dispute), ("open", None, 0))
        self.assertEqual(self._claim(self.invoice), (3800, 1200))
        self.assertEqual(self.dispute.activity_ids.user_id, self.salesperson)
        with self.assertRaisesRegex(UserError, "is open"):
            self._as(self.manager).action_reopen("x")

    def test_reopening_needs_something_to_dispute_and_sets_a_deadline_to_come(self):
        self._as(self.collector).action_close("unfounded", resolution="x")
        blocking = self._open({self.invoice: 4500})
        with self.assertRaisesRegex(UserError, "disputed elsewhere"), self.env.cr.savepoint():
            self._as(self.manager).action_reopen("x")
        self.dispute.invalidate_recordset()
        blocking.action_cancel("x")
        with freeze_time("2026-06-01"):
            self._as(self.manager).action_reopen("x")
            self.assertEqual(self.dispute.date_deadline, fields.Date.to_date("2026-06-16"))
            self._as(self.collector).action_close("unfounded", resolution="x")
            self._payment(5000, "2026-06-01", invoice=self.invoice)
            with self.assertRaisesRegex(UserError, "Nothing of these items"), self.env.cr.savepoint():
                self._as(self.manager).action_reopen("x")

    def test_dialogs_are_of_who_opened_them_and_check_as_the_methods_do(self):
        Decision = self.env["credit.dispute.decision"]
        answer = Decision.with_user(self.salesperson).create(
            {"dispute_id": self.dispute.id, "kind": "answer", "outcome": "founded", "text": "x"}
        )
        with self.assertRaises(AccessError):
            answer.with_user(self.colleague).action_apply()
        answer.action_apply()
        close = Decision.with_user(self.salesperson).create({"dispute_id": self.dispute.id, "kind": "close"})
        with self.assertRaises(AccessError):
            close.action_apply()
        with self.assertRaises(AccessError):
            self.env["credit.dispute.wizard"].with_user(self.salesperson).create({"reason_id": self.price.id})

    def test_evidence_is_ones_own(self):
        theirs = (
            self.env["ir.attachment"].with_user(self.manager).create({"name": "secret", "raw": b"x", "public": True})
        )
        with self.assertRaises(AccessError):
            self._open({self.invoice: 10}, attachments=theirs.with_user(self.collector))

    def test_a_person_without_rights_on_disputes_still_settles_and_posts(self):
        """The ledger judges with its own rights: whoever matches a payment or posts the credit note."""
        self._as(self.collector).action_close("founded", resolution="x")
        self._open({self.invoice: 300})
        self.dispute.credit_move_ids.with_user(self.accountant).action_post()
        self.assertFalse(self.dispute.line_ids.is_open)
        self._payment(3800, DAY, invoice=self.invoice.with_user(self.accountant))
