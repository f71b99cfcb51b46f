"""Promises on random ledgers: the statement against the rule of tools, whatever came in whatever order; and its cost."""

import random
from datetime import date, timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from ..tools.promise import Item, Match, Promise, judge
from .common_promises import PromisesCommon

START = date(2026, 3, 2)


@tagged("post_install", "-at_install")
class TestPromiseRandom(PromisesCommon):
    def _turn(self, dice, day, invoices):
        """Something happens on that day: a payment or credit note, matched or not, a match undone, an entry reset or
        posted again."""
        invoice = dice.choice(invoices)
        what = dice.random()
        if invoice.state == "draft":
            invoice.action_post()
        elif what < 0.45:
            dated = day - timedelta(days=dice.randrange(0, 6))
            payment = self._payment(dice.randrange(1, 150), dated, invoice.partner_id, currency=invoice.currency_id)
            if dice.random() < 0.8:
                self._match(payment.move_id, invoice)
        elif what < 0.6:
            credit = self._credit_note(
                dice.randrange(1, 80), day, invoice.partner_id, currency_id=invoice.currency_id.id
            )
            self._match(credit, invoice)
        elif what < 0.8:
            partials = invoice.line_ids.matched_credit_ids
            if partials:
                dice.choice(partials).unlink()
        elif what < 0.9:
            invoice.button_draft()
        else:
            credits = self._item(
                self.env["account.move"].search([("partner_id", "=", invoice.partner_id.id), ("state", "=", "posted")])
            ).filtered(lambda item: item.chase_state == "credit" and item.currency_id == invoice.currency_id)
            self._match(credits.move_id, invoice)

    def _naive(self, promise, today):
        """The judgement by the rule of tools, each item looked at by itself."""
        cents = promise.currency_id.rounding
        unit = lambda amount: round(amount / cents)  # noqa: E731
        items = []
        for line in promise.line_ids:
            item = line.move_line_id
            matches = []
            for partial in item.matched_credit_ids:
                move = partial.credit_move_id.move_id
                if move.state == "posted":
                    kind = "credit_note" if move.move_type == "out_refund" else "money"
                    matches.append(Match(kind, partial.max_date, unit(partial.debit_amount_currency)))
            total = unit(item.amount_currency) if item.parent_state == "posted" else 0
            items.append(Item(total, unit(line.paid_before), tuple(matches)))
        credits = self.env["account.move.line"].search(
            [
                ("partner_id", "=", promise.partner_id.id),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("currency_id", "=", promise.currency_id.id),
                ("company_id", "=", promise.company_id.id),
                ("amount_residual_currency", "<", 0),
                ("date", "<=", promise.date_deadline),
                ("move_type", "!=", "out_refund"),
            ]
        )
        unallocated = -unit(sum(credits.mapped("amount_residual_currency")))
        asked = Promise(unit(promise.amount), promise.date, promise.date_deadline)
        return judge(asked, items, today, unallocated)

    def test_random_ledgers_agree_with_the_rule_after_every_night(self):
        pounds = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.5)])
        for seed in range(5):
            with self.subTest(seed=seed):
                dice = random.Random(seed)
                customers = [self._customer(f"Customer {seed} {number}") for number in range(2)]
                promises = self.env["credit.promise"]
                with freeze_time(START):
                    by_customer = {}
                    for customer in customers:
                        currency = dice.choice([pounds, self.company.currency_id])
                        by_customer[customer] = [
                            self._invoice("2026-02-10", dice.randrange(50, 300), customer, currency_id=currency.id)
                            for _number in range(2)
                        ]
                        for invoice in by_customer[customer]:
                            if dice.random() < 0.3:
                                self._payment(10, "2026-02-20", customer, invoice, currency)
                        moves = by_customer[customer][0] | by_customer[customer][1]
                        amount = dice.choice([None, 40])
                        promises |= self._promise(moves, START + timedelta(days=dice.randrange(3, 15)), amount)
                for step in range(12):
                    day = START + timedelta(days=2 * step)
                    with freeze_time(day):
                        self._turn(dice, day, by_customer[dice.choice(customers)])
                        self._judge()
                        self._check(promises, day, step)

    def _check(self, promises, day, step):
        for promise in promises:
            expected = self._naive(promise, day)
            unit = promise.currency_id.rounding
            actual = (promise.state, round(promise.amount_received / unit), round(promise.share_received, 5))
            self.assertEqual(actual, (expected.state, expected.received, round(expected.share, 5)), step)
            held = promise.line_ids.filtered("is_open")
            self.assertEqual(held, promise.line_ids if promise.state == "open" else held.browse(), step)

    def test_the_hooks_alone_keep_up_with_the_ledger(self):
        """Before the deadline, no night is needed."""
        dice = random.Random(42)
        invoices = [self._invoice("2026-02-10", 100 + number) for number in range(3)]
        with freeze_time(START):
            promises = self.env["credit.promise"].union(
                *(self._promise(invoice, "2026-04-20") for invoice in invoices)
            )
            for step in range(25):
                self._turn(dice, START, invoices)
                self.env.invalidate_all()
                self._check(promises, START, step)

    def test_of_several_promises_on_an_item_one_is_open_whatever_happens(self):
        for seed in range(3):
            with self.subTest(seed=seed), freeze_time(START):
                dice = random.Random(seed)
                customer = self._customer(f"Customer {seed}")
                invoices = [self._invoice("2026-02-10", 200 + number, customer) for number in range(3)]
                promises = self.env["credit.promise"]
                for _step in range(30):
                    self._turn(dice, START, invoices)
                    chosen = self.env["account.move"].union(*dice.sample(invoices, 2))
                    items = self._item(chosen)._promisable()
                    if items and dice.random() < 0.5:
                        promises |= self.env["credit.promise"]._promise(items, START + timedelta(days=10), 5)
                    self.env.invalidate_all()
                    self._check_several(promises)
                self.assertLessEqual({"kept", "replaced"}, set(promises.mapped("state")))

    def _check_several(self, promises):
        for promise in promises:
            self.assertEqual(set(promise.line_ids.mapped("is_open")), {promise.state == "open"})
            if not promise.is_decided:
                expected = self._naive(promise, START)
                self.assertIn(
                    promise.state, (expected.state, "replaced") if expected.state == "open" else (expected.state,)
                )
                self.assertEqual(round(promise.amount_received * 100), expected.received)
            if promise.state == "replaced":
                self.assertGreater(promise.replaced_by_id.id, promise.id)

    def test_judging_takes_as_many_queries_for_thirty_promises_as_for_three(self):
        Promise = self.env["credit.promise"]
        quiet, busy = [], []
        self.partner._followup_profile(self.company)
        for count in (3, 30):
            with freeze_time(START):
                for _number in range(count):
                    self._promise(self._invoice("2026-02-10", 100), START + timedelta(days=3))
                self._judge()
                quiet.append(self._queries(Promise._cron_judge))
            with freeze_time(START + timedelta(days=10)):
                busy.append(self._queries(Promise._cron_judge))
            self.assertEqual(Promise.search_count([("state", "=", "broken")]), count if count == 3 else 33)
            self._activities().unlink()
        self.assertLessEqual(quiet[1], quiet[0])
        self.assertLessEqual(busy[1], busy[0])
