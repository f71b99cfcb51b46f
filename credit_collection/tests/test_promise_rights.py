"""Who may note, cancel and read promises: allowed and refused pairs, through the ORM as RPC uses it."""

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method
from odoo.tests import new_test_user, tagged

from .common_promises import PromisesCommon

DAY = "2026-03-09"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestPromiseRights(PromisesCommon):
    def setUp(self):
        super().setUp()
        self.invoice = self._invoice("2026-02-09", 100)

    def test_collectors_note_promises_and_accountants_do_not(self):
        for user in (self.collector, self.manager):
            self.assertEqual(self._promise(self.invoice, "2026-03-20", user=user).state, "open")
        for user in (self.accountant, self.salesperson):
            with self.assertRaises(AccessError, msg=user.login):
                self._promise(self.invoice, "2026-03-20", user=user)
            with self.assertRaises(AccessError, msg=user.login):
                self.env["credit.promise.wizard"].with_user(user).create({})

    def test_accounting_reads_them_and_salespeople_do_not(self):
        promise = self._promise(self.invoice, "2026-03-20")
        for user in (self.accountant, self.collector, self.manager):
            self.assertEqual(promise.with_user(user).amount, 100)
            self.assertEqual(promise.line_ids.with_user(user).amount, 100)
        for records in (promise, promise.line_ids):
            self.assertFalse(records.with_user(self.salesperson).has_access("read"))

    def test_nobody_writes_creates_or_deletes_one(self):
        promise = self._promise(self.invoice, "2026-03-20")
        for user in (self.accountant, self.collector, self.manager):
            for records in (promise.with_user(user), promise.line_ids.with_user(user)):
                for operation in ("write", "create", "unlink"):
                    self.assertFalse(records.has_access(operation), (user.login, records._name, operation))
            with self.assertRaises(AccessError):
                promise.with_user(user).write({"state": "kept"})
            with self.assertRaises(AccessError):
                promise.with_user(user).copy()
            with self.assertRaises(AccessError):
                promise.line_ids.with_user(user).write({"paid_before": 0})
        with self.assertRaises(UserError):
            promise.unlink()

    def test_what_is_private_is_not_called_by_rpc(self):
        for name in ("_promise", "_judge", "_cron_judge", "_decide"):
            with self.assertRaises(AccessError):
                get_public_method(self.env["credit.promise"], name)

    def test_an_open_promise_any_collector_cancels_and_an_accountant_does_not(self):
        promise = self._promise(self.invoice, "2026-03-20")
        for user in (self.accountant, self.salesperson):
            with self.assertRaises(AccessError):
                promise.with_user(user).action_cancel("Wrong customer")
        with self.assertRaisesRegex(UserError, "Say why"):
            promise.with_user(self.collector).action_cancel(" ")
        promise.with_user(self.collector).action_cancel("Wrong customer")
        self.assertRecordValues(promise, [{"state": "cancelled", "is_decided": True, "reason": "Wrong customer"}])
        self.assertIn("Wrong customer", self._told()[0])
        self.assertNotEqual(self._state(self.invoice), "promised")
        self._payment(100, DAY, invoice=self.invoice)
        self.assertEqual(promise.state, "cancelled", "what a person decided is final")
        with self.assertRaisesRegex(UserError, "final"):
            promise.with_user(self.manager).action_cancel("Again")

    def test_one_that_was_judged_only_a_credit_manager_cancels(self):
        promise = self._promise(self.invoice, "2026-03-20")
        with freeze_time("2026-03-24"):
            self._judge()
            self.assertEqual((promise.state, len(self._activities())), ("broken", 1))
            with self.assertRaisesRegex(AccessError, "credit manager"):
                promise.with_user(self.collector).action_cancel("They are nice")
            dialog = self.env["credit.promise.cancel"].with_user(self.manager)
            dialog.create({"promise_id": promise.id, "reason": "Our bank was closed"}).action_apply()
        self.assertEqual((promise.state, len(self._activities())), ("cancelled", 0))

    def test_a_collector_of_another_company_neither_sees_nor_cancels_it(self):
        promise = self._promise(self.invoice, "2026-03-20")
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            "stranger",
            groups="credit_collection.credit_collection_group_user",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.env["credit.promise"].with_user(stranger).with_company(other).search([]))
        with self.assertRaises(AccessError):
            promise.with_user(stranger).with_company(other).action_cancel("Mine")
        with self.assertRaises(UserError):  # it sees no such items
            items = self._item(self.invoice).with_user(stranger).with_company(other)
            self.env["credit.promise"].with_user(stranger).with_company(other)._promise(
                items, fields.Date.to_date("2026-03-20")
            )

    def test_an_accountant_who_matches_a_payment_has_it_judged(self):
        promise = self._promise(self.invoice, "2026-03-20")
        payment = self._payment(100, "2026-03-12")
        lines = (payment.move_id | self.invoice).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        lines.with_user(self.accountant).reconcile()
        self.assertEqual(promise.state, "kept")
        self.assertTrue(self._told())

    def test_only_who_decides_about_credit_changes_the_rule(self):
        profile = self.partner._followup_profile(self.company)
        with self.assertRaises(AccessError):
            profile.with_user(self.collector).rule_promise = "ignore"
        profile.with_user(self.manager).rule_promise = "block"
        with self.assertRaises(AccessError):
            self.company.with_user(self.collector).followup_rule_promise = "ignore"
