"""Promises to pay judged again when the ledger changes (hard cases 2, 10 and 24): payments, write-offs, credit notes."""

from freezegun import freeze_time

from odoo import Command, fields

from .common_promises import PromisesCommon

DAY = "2026-03-09"  # a Monday


@freeze_time(DAY)
class TestPromiseLedger(PromisesCommon):
    def test_hard_case_2_unallocated_money_waits_for_allocation(self):
        invoice = self._invoice("2026-02-09", 100)
        promise = self._promise(invoice, "2026-03-20")
        payment = self._payment(100, "2026-03-19")
        with freeze_time("2026-03-24"):
            self._judge()
            self.assertEqual((promise.state, promise.waits_allocation), ("open", True))
            self.assertFalse(self._activities())
            self.assertEqual(self._state(invoice), "covered")
            self._match(payment.move_id, invoice)
        self.assertEqual((promise.state, promise.waits_allocation), ("kept", False))

    def test_unallocated_money_that_came_too_late_or_is_too_little_saves_no_promise(self):
        for day, amount in (("2026-03-24", 100), ("2026-03-19", 99)):
            customer = self._customer(f"Late {amount}")
            promise = self._promise(self._invoice("2026-02-09", 100, customer), "2026-03-20")
            with freeze_time("2026-03-24"):
                self._payment(amount, day, customer)
                self._judge()
            self.assertEqual(promise.state, "broken")

    def test_money_on_the_bank_account_waits_for_allocation_too(self):
        promise = self._promise(self._invoice("2026-02-09", 100), "2026-03-20")
        self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "partner_id": self.partner.id,
                "date": "2026-03-20",
                "payment_ref": "Transfer",
                "amount": 100,
            }
        )
        with freeze_time("2026-03-24"):
            self._judge()
        self.assertEqual((promise.state, promise.waits_allocation), ("open", True))

    def test_a_payment_in_process_without_an_entry_keeps_it(self):
        invoice = self._invoice("2026-02-09", 100)
        promise = self._promise(invoice, "2026-03-20")
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_id": self.partner.id,
                "amount": 100,
                "date": "2026-03-12",
                "invoice_ids": [Command.set(invoice.ids)],
            }
        )
        # as core has it of a payment without an entry, which only other editions make
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_payment SET state = 'in_process' WHERE id = %s", [payment.id])
        self.env.cr.execute("UPDATE account_move SET payment_state = 'paid' WHERE id = %s", [invoice.id])
        self.env.invalidate_all()
        self.assertFalse(payment.move_id)
        self._judge()
        self.assertEqual((promise.state, promise.amount_received), ("kept", 100))

    def test_hard_case_10_un_reconciled_later_it_is_judged_again(self):
        invoice = self._invoice("2026-02-09", 100)
        promise = self._promise(invoice, "2026-03-20")
        payment = self._payment(100, "2026-03-12", invoice=invoice)
        self.assertEqual(promise.state, "kept")
        with freeze_time("2026-03-16"):
            self._unmatch(invoice)
            self.assertEqual((promise.state, promise.amount_received), ("open", 0), "its day has not passed")
            self.assertIn("open again", self._told()[0])
            self.assertEqual(self._state(invoice), "promised")
            self._match(payment.move_id, invoice)
        with freeze_time("2026-04-02"):  # bounced
            payment.move_id.line_ids.remove_move_reconcile()
            payment.action_draft()
            payment.action_cancel()
            self._judge()
            self.assertEqual(promise.state, "broken")
            self.assertEqual(len(self._activities()), 1)
            self.assertEqual(self._broken_promises(), 1)

    def test_hard_case_24_broken_then_kept_when_a_payment_of_the_days_of_grace_is_entered_late(self):
        invoice = self._invoice("2026-02-09", 100)
        promise = self._promise(invoice, "2026-03-20")
        with freeze_time("2026-03-24"):
            self._judge()
            self.assertEqual((promise.state, len(self._activities())), ("broken", 1))
            self._payment(100, "2026-03-23", invoice=invoice)
            self.assertEqual((promise.state, len(self._activities())), ("kept", 0))

    def test_a_credit_note_of_any_day_says_it_was_never_owed(self):
        invoice = self._invoice("2026-02-09", 100)
        promise = self._promise(invoice, "2026-03-20")
        credit = self._credit_note(100, "2026-04-02")
        with freeze_time("2026-04-02"):
            self._judge()
            self.assertEqual(promise.state, "broken")
            self._match(credit, invoice)
            self.assertEqual((promise.state, promise.is_decided), ("cancelled", False))
            self.assertFalse(self._activities())
            self._unmatch(credit)
            self.assertEqual(promise.state, "broken")

    def test_paid_in_part_and_credited_for_the_rest_is_kept(self):
        invoice = self._invoice("2026-02-09", 100)
        promise = self._promise(invoice, "2026-03-20")
        self._payment(60, "2026-03-12", invoice=invoice)
        self._match(self._credit_note(40, "2026-03-12"), invoice)
        self.assertEqual((promise.state, promise.amount_received, promise.share_received), ("kept", 60, 1))

    def _register(self, invoice, amount):
        """What the customer paid, the rest written off in the payment register."""
        context = {"active_model": "account.move", "active_ids": invoice.ids}
        register = self.env["account.payment.register"].with_context(**context)
        register = register.create(
            {
                "amount": amount,
                "payment_date": DAY,
                "payment_difference_handling": "reconcile",
                "writeoff_account_id": self.company_data["default_account_expense"].id,
            }
        )
        return register._create_payments()

    def test_what_the_payment_register_writes_off_is_no_money(self):
        invoice = self._invoice("2026-02-09", 100)
        promise = self._promise(invoice, "2026-03-20")
        self._register(invoice, 33.33)
        self.assertEqual((promise.state, promise.amount_received, promise.share_received), ("kept", 33.33, 1))
        both = self._invoice("2026-02-09", 60) | self._invoice("2026-02-09", 40)
        promise = self._promise(both, "2026-03-20")
        payment = self._payment(97, DAY)
        payment.action_draft()
        receivable = payment.move_id.line_ids.filtered("credit")
        payment.move_id.write(
            {
                "line_ids": [
                    Command.update(receivable.id, {"credit": 100}),
                    Command.create({"account_id": self.company_data["default_account_expense"].id, "debit": 3}),
                ]
            }
        )
        payment.action_post()
        self._match(payment.move_id, both)
        self.assertEqual((promise.state, promise.amount_received), ("kept", 97))

    def test_neither_is_a_discount_for_prompt_payment_nor_its_tax(self):
        tax = self.company_data["default_tax_sale"].copy({"name": "20 %", "amount": 20})
        lines = tax.invoice_repartition_line_ids | tax.refund_repartition_line_ids
        account = self.company_data["default_account_tax_sale"]
        lines.filtered(lambda line: line.repartition_type == "tax").account_id = account
        self.assertEqual(account.account_type, "liability_current")
        term = self.env["account.payment.term"].create(
            {
                "name": "2 % within 10 days",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "early_pay_discount_computation": "included",
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )
        goods = Command.create({"name": "Goods", "price_unit": 1000, "tax_ids": tax.ids})
        terms = {"invoice_payment_term_id": term.id, "invoice_date_due": False}
        invoice = self._invoice("2026-04-08", date=DAY, invoice_line_ids=[goods], **terms)
        promise = self._promise(invoice, "2026-03-20")
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        payment = register.create({"payment_date": DAY})._create_payments()
        self.assertEqual((promise.amount, payment.amount), (1200, 1176))
        self.assertEqual((promise.state, promise.amount_received), ("kept", 1176))

    def test_what_is_written_off_beyond_the_promise_does_not_make_up_for_money(self):
        """100 promised of 300: 40 paid and 60 written off leave 200, of which 60 is still expected."""
        invoice = self._invoice("2026-02-09", 300)
        promise = self._promise(invoice, "2026-03-20", 100)
        self._match(self._written_off(60), invoice)
        self._payment(40, DAY, invoice=invoice)
        with freeze_time("2026-03-24"):
            self._judge()
        self.assertEqual((promise.state, promise.amount_received, promise.share_received), ("partly_kept", 40, 0.4))

    def _written_off(self, amount, journal="default_journal_bank"):
        """An entry of loss, even in the bank's journal."""
        accounts = self.company_data
        receivable = self.partner.property_account_receivable_id
        move = self.env["account.move"].create(
            {
                "date": DAY,
                "journal_id": accounts[journal].id,
                "line_ids": [
                    Command.create({"account_id": accounts["default_account_expense"].id, "debit": amount}),
                    Command.create({"account_id": receivable.id, "partner_id": self.partner.id, "credit": amount}),
                ],
            }
        )
        move.action_post()
        return move

    def test_an_item_written_off_is_not_paid(self):
        for journal in ("default_journal_misc", "default_journal_bank"):
            invoice = self._invoice("2026-02-09", 100)
            promise = self._promise(invoice, "2026-03-20")
            self._match(self._written_off(100, journal), invoice)
            self.assertEqual((promise.state, promise.amount_received), ("cancelled", 0), journal)
            late = self._promise(self._invoice("2026-02-09", 100), "2026-03-20")
            with freeze_time("2026-03-24"):
                self._judge()
                self._match(self._written_off(100, journal), late.line_ids.move_id)
                self.assertEqual(late.state, "cancelled", "dated before the deadline")

    def test_the_bank_s_line_with_a_difference_written_off(self):
        invoice = self._invoice("2026-02-09", 100)
        promise = self._promise(invoice, "2026-03-20")
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": DAY,
                "payment_ref": "Durand",
                "amount": 97,
                "partner_id": self.partner.id,
            }
        )
        _liquidity, suspense, _other = line._seek_for_lines()
        line.move_id.button_draft()
        line.move_id.write(
            {
                "line_ids": [
                    Command.update(
                        suspense.id,
                        {"account_id": self.partner.property_account_receivable_id.id, "credit": 100},
                    ),
                    Command.create({"account_id": self.company_data["default_account_expense"].id, "debit": 3}),
                ]
            }
        )
        line.move_id.action_post()
        self._match(line.move_id, invoice)
        self.assertEqual((promise.state, promise.amount_received), ("kept", 97))

    def test_paid_before_the_promise_keeps_none(self):
        invoice = self._invoice("2026-02-09", 100)
        before = self._payment(40, "2026-03-01", invoice=invoice)
        promise = self._promise(invoice, "2026-03-20")
        self.assertEqual((promise.amount, promise.line_ids.paid_before), (60, 40))
        self._judge()
        self.assertEqual((promise.state, promise.amount_received), ("open", 0))
        last = self._payment(60, DAY, invoice=invoice)
        self.assertEqual(promise.state, "kept", "paid on the very day of the promise")
        self._unmatch(last.move_id)
        last.action_draft()
        self._payment(60, "2026-03-10", invoice=invoice)
        self._unmatch(before.move_id)
        self.assertEqual(promise.state, "kept", "what was paid before is open again, which the promise was not about")

    def test_what_was_paid_before_and_is_recorded_anew_or_exchanged_keeps_none(self):
        """The ledger does not tell the same money recorded anew from other money of the same days: it counts as the same."""
        invoice = self._invoice("2026-02-09", 100)
        wrong = self._payment(40, "2026-03-01", invoice=invoice)
        promise = self._promise(invoice, "2026-03-20")
        self._unmatch(wrong.move_id)
        wrong.action_draft()
        wrong.unlink()
        self._payment(40, "2026-03-02", invoice=invoice)
        self.assertEqual((promise.state, promise.amount_received), ("open", 0))
        self._payment(30, "2026-03-12", invoice=invoice)
        with freeze_time("2026-03-24"):
            self._judge()
        self.assertEqual((promise.state, promise.amount_received), ("partly_kept", 30))

    def test_reset_to_draft_and_posted_again(self):
        invoice = self._invoice("2026-02-09", 100)
        promise = self._promise(invoice, "2026-03-20")
        invoice.button_draft()
        self.assertEqual(promise.state, "cancelled")
        invoice.action_post()
        self.assertEqual((promise.state, self._state(invoice)), ("open", "promised"))
        with freeze_time("2026-03-24"):
            self._judge()
            invoice.button_draft()
            self.assertEqual((promise.state, len(self._activities())), ("cancelled", 0))
            invoice.action_post()
            self.assertEqual((promise.state, len(self._activities())), ("broken", 1))

    def test_a_payment_reset_to_draft_and_posted_again(self):
        invoice = self._invoice("2026-02-09", 100)
        promise = self._promise(invoice, "2026-03-20")
        payment = self._payment(100, "2026-03-12", invoice=invoice)
        payment.action_draft()
        self.assertEqual((promise.state, promise.amount_received), ("open", 0))
        payment.action_post()
        self._match(payment.move_id, invoice)
        self.assertEqual(promise.state, "kept")

    def test_the_invoice_deleted_leaves_the_promise_cancelled_with_its_history(self):
        invoice = self._invoice("2026-02-09", 100)
        promise = self._promise(invoice, "2026-03-20")
        name = invoice.name
        invoice.button_draft()
        invoice.with_context(force_delete=True).unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(promise.state, "cancelled")
        self.assertRecordValues(promise.line_ids, [{"move_name": name, "move_line_id": False, "amount": 100}])

    def test_reversed_in_full_it_is_cancelled(self):
        invoice = self._invoice("2026-02-09", 100)
        promise = self._promise(invoice, "2026-03-20")
        wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=invoice.ids)
        wizard.create({"journal_id": invoice.journal_id.id, "date": DAY}).modify_moves()
        self.assertEqual(promise.state, "cancelled")

    def test_instalments_are_promised_one_by_one(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 60}),
                ],
            }
        )
        invoice = self._invoice(
            "2026-02-09", 1000, date="2026-02-09", invoice_payment_term_id=term.id, invoice_date_due=False
        )
        late = self._item(invoice).filtered(lambda item: item.days_overdue > 0)
        promise = self.env["credit.promise"]._promise(late, fields.Date.to_date("2026-03-20"))
        self.assertEqual(promise.amount, 500)
        states = {str(item.date_maturity): item.chase_state for item in self._item(invoice)}
        self.assertEqual(states, {"2026-02-09": "promised", "2026-04-10": "not_due"})

    # -- what the collector is asked -------------------------------------------

    def test_what_is_asked_tells_of_each_promise_what_was_judged_last(self):
        one, two = self._invoice("2026-02-09", 300), self._invoice("2026-02-09", 700)
        first, second = self._promise(one, "2026-03-20"), self._promise(two, "2026-03-20")
        with freeze_time("2026-03-24"):
            self._judge()
            self.assertEqual(self._asked("broken", "partly kept"), (2, 0))
            self._payment(100, "2026-03-19", invoice=one)
            self.assertEqual((first.state, second.state), ("partly_kept", "broken"))
            self.assertEqual(self._asked("broken", "partly kept"), (1, 1))
            self._payment(600, "2026-03-19", invoice=two)
            self.assertEqual(self._asked("broken", "partly kept"), (0, 2))
            self._payment(200, "2026-03-20", invoice=one)
            self.assertEqual((first.state, self._asked("partly kept")), ("kept", (1,)))

    def _asked(self, *words):
        """How many times each of these stands in the one activity."""
        [note] = self._activities().mapped("note")
        return tuple(note.count(word) for word in words)

    def test_who_is_asked_reads_it_in_their_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.collector.lang = "fr_FR"
        self.partner._followup_profile(self.company).collector_id = self.collector
        self._promise(self._invoice("2026-02-09", 300), "2026-03-20")
        with freeze_time("2026-03-24"):
            self._judge()
        self.assertIn("appelez le client", self._activities().summary)
