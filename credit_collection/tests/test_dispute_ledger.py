"""Disputes judged by the ledger: paid, credited, reversed, reset to draft, re-invoiced, in any order; hard cases 2 and 10."""

import doctest
import itertools
import random
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged
from odoo.tools import SQL

from ..tools import dispute as dispute_tools
from .test_disputes import DAY, DisputeCommon


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestDisputeLedger(DisputeCommon):
    def test_the_tools_examples(self):
        self.assertFalse(doctest.testmod(dispute_tools).failed)

    def _unmatch(self, *moves):
        for move in moves:
            move.line_ids.remove_move_reconcile()

    def _refund(self, amount, invoice, match=True):
        credit_note = self._credit_note(amount, DAY)
        if match:
            self._match(credit_note, invoice)
        return credit_note

    # -- one thing happens ---------------------------------------------------------

    def test_paid_in_full_the_dispute_is_unfounded_and_opens_again_when_the_payment_bounces(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200})
        payment = self._payment(5000, DAY, invoice=invoice)
        self.assertEqual(self._end(dispute), ("closed", "unfounded", 0))
        self.assertTrue(dispute.by_ledger)
        self.assertFalse(dispute.activity_ids)
        self.assertFalse(dispute.line_ids.is_open)
        self._unmatch(payment.move_id)
        self.assertEqual(self._end(dispute), ("open", None, 0))
        self.assertEqual(self._claim(invoice), (3800, 1200))
        self.assertEqual(dispute.activity_ids.user_id, self.salesperson)
        self.assertFalse(dispute.date_closed)
        self.assertIn("open again", self._texts(dispute))

    def test_paid_but_for_the_disputed_part_it_stays_open(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200})
        self._payment(3800, DAY, invoice=invoice)
        self.assertEqual(self._end(dispute), ("open", None, 0))
        self.assertEqual(self._claim(invoice), (0, 1200))
        self.assertEqual(self._state(invoice), "disputed")

    def test_credited_with_the_disputed_amount_it_is_founded_though_the_rest_is_open(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200})
        credit_note = self._refund(1200, invoice)
        self.assertEqual(self._end(dispute), ("closed", "founded", 1200))
        self.assertEqual(self._claim(invoice), (3800, 0))
        self._unmatch(credit_note)
        self.assertEqual(self._end(dispute), ("open", None, 0))
        self._match(credit_note, invoice)
        self.assertEqual(self._end(dispute), ("closed", "founded", 1200))

    def test_credited_in_part_the_rest_stays_disputed_until_it_is_paid(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200})
        self._refund(500, invoice)
        self.assertEqual(self._end(dispute), ("open", None, 0))
        self.assertEqual(self._claim(invoice), (3800, 700))
        self._payment(4500, DAY, invoice=invoice)
        self.assertEqual(self._end(dispute), ("closed", "partly_founded", 500))

    def test_what_was_credited_before_does_not_count(self):
        invoice = self._invoice("2026-03-10", 5000)
        self._refund(2000, invoice)
        dispute = self._open({invoice: 1200})
        self.assertEqual(self._end(dispute), ("open", None, 0))
        dispute._judge()
        self.assertEqual(self._end(dispute), ("open", None, 0))
        self._refund(1200, invoice)
        self.assertEqual(self._end(dispute), ("closed", "founded", 1200))

    def test_an_unmatched_credit_note_or_payment_decides_nothing(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200})
        self._refund(1200, invoice, match=False)
        self._payment(5000, DAY)
        self.env["credit.dispute"]._cron_review()
        self.assertEqual(self._end(dispute), ("open", None, 0))

    def test_case_10_a_cancelled_payment_brings_the_dispute_back(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200})
        payment = self._payment(5000, DAY, invoice=invoice)
        payment.move_id.button_draft()
        self.assertEqual(self._end(dispute), ("open", None, 0))
        payment.move_id.button_cancel()
        self.assertEqual(self._end(dispute), ("open", None, 0))

    def test_reversed_and_invoiced_anew_it_is_founded(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200})
        wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=invoice.ids)
        wizard = wizard.create({"journal_id": invoice.journal_id.id, "date": DAY})
        new = self.env["account.move"].browse(wizard.modify_moves()["res_id"])
        self.assertEqual(self._end(dispute), ("closed", "founded", 1200))
        new.action_post()
        self.assertEqual(self._claim(new)[1], 0)

    def test_reset_to_draft_it_stays_open_and_cancelled_or_deleted_it_is_cancelled(self):
        for gone in ("button_cancel", "unlink"):
            invoice = self._invoice("2026-03-10", 5000)
            dispute = self._open({invoice: 1200})
            invoice.button_draft()
            self.assertEqual(self._end(dispute), ("open", None, 0))
            invoice.action_post()
            self.assertEqual(self._claim(invoice), (3800, 1200))
            invoice.button_draft()
            if gone == "unlink":
                invoice.name = False
            getattr(invoice, gone)()
            self.assertEqual(self._end(dispute), ("cancelled", None, 0), gone)
            self.assertTrue(dispute.by_ledger)
            self.assertEqual(dispute.line_ids.move_name and len(dispute.line_ids), 1, "the history stays")
            self.assertEqual(dispute.activity_ids.user_id, self.collector, "asked to look at what replaces it")
            if gone == "button_cancel":
                invoice.button_draft()
                invoice.action_post()
                self.assertEqual(self._end(dispute), ("open", None, 0))
                self.assertEqual(dispute.activity_ids.user_id, self.salesperson)

    def test_a_credit_note_reset_to_draft_opens_it_again(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200})
        credit_note = self._refund(1200, invoice)
        credit_note.button_draft()
        self.assertEqual(self._end(dispute), ("open", None, 0))
        credit_note.action_post()
        self._match(credit_note, invoice)
        self.assertEqual(self._end(dispute), ("closed", "founded", 1200))

    def test_a_due_date_changed_in_draft_loses_no_dispute_silently(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200})
        invoice.button_draft()
        invoice.invoice_date_due = "2026-03-12"
        invoice.action_post()
        self.assertEqual(self._end(dispute), ("open", None, 0))
        self.assertEqual(self._claim(invoice), (3800, 1200))

    def test_opened_again_by_the_ledger_when_the_owner_has_left_the_collector_is_asked(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200})
        payment = self._payment(5000, DAY, invoice=invoice)
        self.salesperson.active = False
        self._unmatch(payment.move_id)
        self.assertEqual(self._end(dispute), ("open", None, 0))
        self.assertEqual(dispute.activity_ids.user_id, self.collector)

    def test_an_amount_changed_in_draft_never_disputes_more_than_is_open(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 4000})
        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 1000
        invoice.action_post()
        self.assertEqual(self._claim(invoice), (0, 1000))
        self.assertEqual(dispute.state, "open")

    # -- two disputes about one item -------------------------------------------------

    def test_a_credit_note_fills_the_disputes_in_the_order_they_were_opened(self):
        invoice = self._invoice("2026-03-10", 1000)
        first, second = self._open({invoice: 600}), self._open({invoice: 400})
        credit_note = self._refund(600, invoice)
        self.assertEqual(self._end(first), ("closed", "founded", 600))
        self.assertEqual(self._end(second), ("open", None, 0))
        self.assertEqual(self._claim(invoice), (0, 400))
        rest = self._refund(400, invoice)
        self.assertEqual(self._end(second), ("closed", "founded", 400))
        self._unmatch(rest, credit_note)
        self.assertEqual([self._end(dispute)[0] for dispute in first | second], ["open", "open"])
        self.assertEqual(self._claim(invoice), (0, 1000))

    def test_a_dispute_opened_after_the_first_was_credited_is_judged_by_itself(self):
        invoice = self._invoice("2026-03-10", 1200)
        first = self._open({invoice: 600})
        self._refund(600, invoice)
        second = self._open({invoice: 600})
        self.assertEqual(self._end(second), ("open", None, 0))
        self._refund(600, invoice)
        self.assertEqual(self._end(second), ("closed", "founded", 600))
        self.assertEqual(self._end(first), ("closed", "founded", 600))

    def test_the_credit_note_of_a_dispute_is_its_own(self):
        invoice = self._invoice("2026-03-10", 1000)
        first, second = self._open({invoice: 500}), self._open({invoice: 500})
        second.action_close("founded", resolution="x")
        second.credit_move_ids.action_post()
        self.assertEqual(self._end(first), ("open", None, 0))
        self.assertEqual(self._end(second), ("closed", "founded", 500))
        self.assertEqual(self._claim(invoice), (0, 500))

    def test_of_two_items_each_must_be_credited(self):
        one, two = self._invoice("2026-03-10", 5000), self._invoice("2026-03-11", 100)
        dispute = self._open({one: 1200, two: 100})
        self._refund(1300, one)
        self.assertEqual(self._end(dispute), ("open", None, 0))
        self.assertEqual(self._claim(two), (0, 100))
        self._payment(100, DAY, invoice=two)
        self.assertEqual(self._end(dispute)[:2], ("open", None), "the first item is still open for the rest")
        self._payment(3700, DAY, invoice=one)
        self.assertEqual(self._end(dispute), ("closed", "partly_founded", 1200))

    # -- what people decided stays -----------------------------------------------------

    def test_the_ledger_does_not_touch_what_a_person_decided(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200})
        dispute.action_close("unfounded", resolution="No")
        payment = self._payment(5000, DAY, invoice=invoice)
        self._unmatch(payment.move_id)
        self._refund(1200, invoice)
        self.assertEqual(self._end(dispute), ("closed", "unfounded", 0))
        cancelled = self._open({invoice: 100})
        cancelled.action_cancel("Mistake")
        self._refund(100, invoice)
        self.assertEqual(self._end(cancelled), ("cancelled", None, 0))

    # -- in every order ------------------------------------------------------------------

    def test_the_end_does_not_depend_on_the_order_of_what_happens(self):
        """Payment, credit note, and a part of them undone again, in every order: the same end."""
        steps = ("pay", "credit", "undo")
        ends = set()
        for order in itertools.permutations(steps):
            invoice = self._invoice("2026-03-10", 1000)
            dispute = self._open({invoice: 400})
            payment, refund = self._payment(600, DAY), self._refund(400, invoice, match=False)
            extra = self._payment(100, DAY, invoice=invoice)
            for step in order:
                if step == "pay":
                    self._match(payment.move_id, invoice)
                elif step == "credit":
                    self._match(refund, invoice)
                else:
                    self._unmatch(extra.move_id)
            self._match(payment.move_id, refund, invoice)
            ends.add(self._end(dispute))
        self.assertEqual(ends, {("closed", "founded", 400)})

    def test_judged_at_random_it_is_what_the_ledger_says_at_the_end(self):
        """Random matching, undoing, resetting to draft: the state is always that of a fresh judgement by hand, and what is
        disputed of an item never exceeds what is open of it."""
        for seed in range(4):
            rng = random.Random(seed)
            invoice = self._invoice("2026-03-10", 1000)
            disputes = self._open({invoice: rng.choice([100, 400, 600])})
            counterparts = [self._payment(rng.choice([100, 300, 600]), DAY).move_id for _i in range(2)]
            counterparts += [self._credit_note(rng.choice([100, 300, 400]), DAY) for _i in range(2)]
            for step in range(14):
                self._random_step(rng, invoice, counterparts)
                room = self.Dispute._room(invoice.line_ids.ids)
                free = max(room.values(), default=0.0)
                if free >= 50 and len(disputes) < 3 and rng.random() < 0.3:
                    disputes |= self._open({invoice: 50})
                self._check_naively(invoice, disputes, f"seed {seed} step {step}")

    def test_the_night_finds_whatever_is_not_as_the_ledger_says(self):
        """It passes over what seems unchanged: nothing that is written of a dispute, or of what it holds back, and is wrong
        may seem so."""
        for seed in range(4):
            rng = random.Random(seed)
            invoice = self._invoice("2026-03-10", 1000)
            disputes = self._open({invoice: 400}) | self._open({invoice: 250})
            counterparts = [self._payment(rng.choice([100, 300, 600]), DAY).move_id for _i in range(2)]
            counterparts += [self._credit_note(rng.choice([100, 300, 400]), DAY) for _i in range(2)]
            for step in range(10):
                self._random_step(rng, invoice, counterparts)
                self._falsify(rng, rng.choice(disputes))
                self.Dispute.sudo()._cron_review()
                self._check_naively(invoice, disputes, f"seed {seed} step {step}")

    def _falsify(self, rng, dispute):
        """Write something else than the judge did, of what the ledger decides."""
        self.env.flush_all()
        vals = rng.choice(
            [
                {"amount_accepted": dispute.amount_accepted + 0.01},
                {"amount_accepted": dispute.amount_accepted + 100},
                {"state": "open", "outcome": None, "amount_accepted": 0, "by_ledger": False, "date_closed": None},
                {"state": "cancelled", "outcome": None, "amount_accepted": 0, "by_ledger": True, "date_closed": DAY},
                *(
                    {"state": "closed", "outcome": outcome, "amount_accepted": amount, "by_ledger": True}
                    | {"date_closed": DAY}
                    for outcome, amount in (("founded", 400), ("partly_founded", 0.01), ("unfounded", 0))
                ),
            ]
        )
        held = rng.choice([0, 0.01, 250, 400])
        columns = SQL(", ").join(SQL("%s = %s", SQL.identifier(name), value) for name, value in vals.items())
        self.env.cr.execute(SQL("UPDATE credit_dispute SET %s WHERE id = %s", columns, dispute.id))
        self.env.cr.execute(
            SQL(
                "UPDATE credit_dispute_line SET amount_open = %s, is_open = %s WHERE dispute_id = %s",
                held,
                bool(held),
                dispute.id,
            )
        )
        self.env.invalidate_all()

    def _random_step(self, rng, invoice, counterparts):
        move = rng.choice(counterparts)
        if move.state == "draft":
            move.action_post()
        elif rng.random() < 0.45 and invoice.state == "posted":
            self._match(move, invoice)
        elif rng.random() < 0.6:
            self._unmatch(move)
        elif rng.random() < 0.5:
            move.button_draft()
        elif invoice.state == "posted":
            invoice.button_draft()
        if invoice.state == "draft" and rng.random() < 0.7:
            invoice.action_post()

    def _check_naively(self, invoice, disputes, where):
        self.env.flush_all()
        self.env.invalidate_all()
        item = invoice.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        posted = invoice.state == "posted"
        matches = item.matched_credit_ids.filtered(lambda p: p.credit_move_id.parent_state == "posted")
        credited = sum(p.debit_amount_currency for p in matches if p.credit_move_id.move_id.move_type == "out_refund")
        open_amount = posted and item.amount_currency - sum(matches.mapped("debit_amount_currency"))
        place = 0.0
        for dispute in disputes.sorted("id"):
            line = dispute.line_ids
            place = max(place, line.credited_before)
            mine = min(max(credited - place, 0.0), line.amount)
            place += line.amount
            ledger = dispute_tools.Line(
                "posted" if posted else "draft", line.amount, mine if posted else 0, open_amount
            )
            expected = dispute_tools.verdict([ledger], 0.005)
            self.assertEqual(self._end(dispute), expected, where)
            held = ledger.contested if expected[0] == "open" else 0
            self.assertEqual((line.amount_open, line.is_open), (held, bool(held)), where)
        if posted:
            items = self._item(invoice).filtered(lambda i: i.bucket != "credit")
            for item in items:
                self.assertLessEqual(item.disputed_amount, item.amount_residual_currency, where)
                self.assertGreaterEqual(item.claimable_amount, 0, where)

    # -- cost ----------------------------------------------------------------------------

    def _disputes(self, count):
        return self.Dispute.union(*(self._open({self._invoice("2026-03-10", 100): 50}) for _i in range(count))).sudo()

    def test_judging_costs_the_same_number_of_queries_for_many(self):
        few, many = self._disputes(2), self._disputes(20)
        self._queries(few._judge)
        self.assertLessEqual(self._queries(many._judge), self._queries(few._judge))

    def test_a_night_without_news_reads_no_dispute(self):
        paid = self._disputes(5)
        for invoice in paid.line_ids.move_id:
            self._payment(100, DAY, invoice=invoice)
        self.assertEqual(self._disputes(5).mapped("state") + paid.mapped("state"), ["open"] * 5 + ["closed"] * 5)
        self.Dispute._cron_review()
        self.assertLessEqual(self._queries(self.Dispute._cron_review), 3)

    def test_what_ended_a_year_ago_is_judged_again_only_when_its_matching_changes(self):
        invoice = self._invoice("2026-03-10", 5000)
        dispute = self._open({invoice: 1200}).sudo()
        payment = self._payment(5000, DAY, invoice=invoice)
        self.assertEqual((dispute.state, str(dispute.date_closed)), ("closed", DAY))
        nights = {}
        for years in (1, 2):
            day = fields.Date.add(dispute.date_closed, years=years)
            with freeze_time(day), patch.object(self.registry["credit.dispute"], "_judge", autospec=True) as judge:
                self.Dispute.sudo()._cron_review()
            nights[years] = dispute in judge.call_args.args[0]
        self.assertEqual(nights, {1: True, 2: False})
        with freeze_time("2028-06-01"):
            self._unmatch(payment.move_id)
            self.assertEqual(self._end(dispute), ("open", None, 0))

    def test_passing_on_costs_the_same_number_of_queries_for_many(self):
        first, few, many = self._disputes(1), self._disputes(2), self._disputes(20)
        self._queries(first._pass_on)
        cost = self._queries(few._pass_on)
        self.assertLessEqual(self._queries(many._pass_on), cost + 2, "inserted by the hundred")
        self.assertEqual(len(many.activity_ids), 40, "one to answer, and one that nobody has")

    def test_two_companies_are_judged_apart(self):
        other = self.company_data_2["company"] if hasattr(self, "company_data_2") else None
        if not other:
            other = self.setup_other_company(name="Second")["company"]
        self.collector.company_ids |= other
        invoice = self._invoice("2026-03-10", 5000)
        mine = self._open({invoice: 1200})
        foreign = (
            self.env["account.move"]
            .with_company(other)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.partner.id,
                    "invoice_date": "2026-02-10",
                    "invoice_date_due": "2026-03-10",
                    "company_id": other.id,
                    "invoice_line_ids": [(0, 0, {"name": "Goods", "price_unit": 900, "tax_ids": []})],
                }
            )
        )
        foreign.action_post()
        item = self._item(foreign, allowed_company_ids=[self.company.id, other.id])
        with self.assertRaisesRegex(Exception, "one company"):
            self._open({item: 100, self._item(invoice): 100})
        with self.assertRaisesRegex(Exception, "works in Second"):
            self._open({item: 100})
        theirs = self._open({item: 100}, owner=self.collector)
        self.assertEqual((theirs.company_id, mine.company_id), (other, self.company))
        theirs.action_close("founded", resolution="x")
        self.assertEqual(theirs.credit_move_ids.company_id, other)
        self.assertEqual(theirs.credit_move_ids.journal_id, foreign.journal_id)
        self.assertEqual(mine.state, "open")
