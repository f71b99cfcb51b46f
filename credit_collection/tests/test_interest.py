"""Late-payment interest and indemnities on the ledger: S1, S2, S3, S5, S6, S7, S8, S12, S29."""

from freezegun import freeze_time
from psycopg2.errors import CheckViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import CollectionCommon

TODAY = "2026-04-15"


def day(text):
    return fields.Date.to_date(text)


class InterestCommon(CollectionCommon):
    """A company in France, in euros, with the shipped policies."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.currency_id = cls.env.ref("base.EUR")
        cls.company.country_id = cls.env.ref("base.fr")
        policies = cls.env["credit.interest.policy"].search([("company_id", "=", cls.company.id)])
        cls.policy, cls.public, cls.private = (
            policies.filtered(lambda policy, kind=kind: policy.customer_kind == kind)
            for kind in ("professional", "public", "consumer")
        )
        cls.company.followup_charge_account_id = cls.company_data["default_account_revenue"]
        cls.ecb = cls.env.ref("credit_collection.reference_rate_ecb")
        cls.legal = cls.env.ref("credit_collection.reference_rate_legal")
        cls.Late = cls.env["credit.late.interest"]
        cls.Claim = cls.env["credit.late.claim"]

    def _lines(self, *moves):
        lines = self.env["account.move.line"].union(*(move.line_ids for move in moves))
        return lines.filtered(lambda line: line.account_id.account_type == "asset_receivable")

    def _late(self, move, until=TODAY):
        """The one instalment's result."""
        results = self.Late._compute(self._lines(move), day(until))
        self.assertEqual(len(results), 1)
        return next(iter(results.values()))

    def _segments(self, late):
        return [(str(s.first), str(s.last), s.days, s.principal, s.rate, s.amount) for s in late.segments]

    def _paid(self, due, paid, amount=10000.0, **values):
        invoice = self._invoice(due, amount, **values)
        self._payment(amount, paid, invoice=invoice, partner=values.get("partner"))
        return invoice

    def _consumer(self):
        return self._customer("Martin", is_company=False)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestInterest(InterestCommon):
    # -- the scenarios --------------------------------------------------------

    def test_s1_simple_interest(self):
        late = self._late(self._paid("2026-01-31", "2026-03-09"))
        self.assertEqual(self._segments(late), [("2026-02-01", "2026-03-09", 37, 10000.0, 12.15, 123.16)])
        self.assertEqual((late.interest, late.indemnity, late.missing_from), (123.16, 40.0, None))
        self.policy.day_count = "360"
        self.assertEqual(self._late(self._paid("2026-01-31", "2026-03-09")).interest, 124.88)

    def test_s1_nothing_on_the_due_day(self):
        invoice = self._invoice("2026-01-31", 10000.0)
        late = self._late(invoice, "2026-01-31")
        self.assertEqual((late.segments, late.interest, late.indemnity), ([], 0.0, 0.0))
        self.assertEqual(self._late(invoice, "2026-02-01").indemnity, 40.0)
        in_time = self._late(self._paid("2026-01-31", "2026-01-31"))
        self.assertEqual((in_time.interest, in_time.indemnity), (0.0, 0.0))

    def test_s2_the_rate_changes_midway(self):
        late = self._late(self._paid("2025-05-15", "2025-08-20"))
        self.assertEqual(
            self._segments(late),
            [
                ("2025-05-16", "2025-06-30", 46, 10000.0, 13.15, 165.73),
                ("2025-07-01", "2025-08-20", 51, 10000.0, 12.15, 169.77),
            ],
        )
        self.assertEqual(late.interest, 335.50)

    def test_s2_a_public_buyer_keeps_the_rate_of_the_first_day(self):
        buyer = self._customer("City", followup_customer_kind="public")
        late = self._late(self._paid("2025-05-15", "2025-08-20", partner=buyer))
        self.assertEqual(self._segments(late), [("2025-05-16", "2025-08-20", 97, 10000.0, 11.15, 296.32)])
        self.assertEqual(late.indemnity, 40.0)
        self.public.reset = "floating"
        late = self._late(self._paid("2025-05-15", "2025-08-20", partner=buyer))
        self.assertEqual([segment.amount for segment in late.segments], [140.52, 141.82])
        self.assertEqual(late.interest, 282.34)

    def test_s3_a_part_payment_midway(self):
        invoice = self._invoice("2026-01-31", 10000.0)
        self._payment(4000.0, "2026-02-20", invoice=invoice)
        self._payment(6000.0, "2026-03-09", invoice=invoice)
        late = self._late(invoice)
        self.assertEqual(
            self._segments(late),
            [
                ("2026-02-01", "2026-02-20", 20, 10000.0, 12.15, 66.58),
                ("2026-02-21", "2026-03-09", 17, 6000.0, 12.15, 33.95),
            ],
        )
        self.assertEqual((late.interest, late.indemnity), (100.53, 40.0))

    def test_s3_interest_first(self):
        """Due on 9 March: 6 100.91, that is the 6 000.00 the ledger still shows and 100.91 of interest."""
        self.policy.imputation = "interest"
        invoice = self._invoice("2026-01-31", 10000.0)
        self._payment(4000.0, "2026-02-20", invoice=invoice)
        late = self._late(invoice, "2026-03-09")
        self.assertEqual(
            [(segment.principal, segment.amount) for segment in late.segments], [(10000.0, 66.58), (6066.58, 34.33)]
        )
        self.assertEqual(invoice.amount_residual + late.interest, 6100.91)

    def test_s5_a_contract_below_the_floor_is_raised_to_it(self):
        self.policy.write({"basis": "contract", "contract_rate": 5.0})
        self.assertEqual(self._late(self._paid("2026-01-31", "2026-03-09")).interest, 79.68)
        self.assertIn("7.86", self.policy.warning)
        self.assertEqual(float(self.policy._rate_on(day("2025-12-31"))), 8.28, "the floor of each period")
        self.policy.floor_reference_id = False
        self.assertEqual(self._late(self._paid("2026-01-31", "2026-03-09")).interest, 50.68)
        self.assertFalse(self.policy.warning)

    def test_s5_the_statutory_rate_is_not_raised_to_the_floor_but_warned_of(self):
        self.assertEqual(float(self.policy._rate_on(day("2024-08-01"))), 14.25)
        self.assertIn("14.76", self.policy._warning_on(day("2024-08-01")))
        self.assertFalse(self.policy._warning_on(day("2026-02-01")))
        late = self._late(self._paid("2024-07-31", "2024-08-31"))
        self.assertEqual(late.segments[0].rate, 14.25)

    def test_s6_a_consumer_owes_the_legal_rate_from_the_formal_notice_and_no_indemnity(self):
        consumer = self._consumer()
        invoice = self._invoice("2026-01-31", 2400.0, consumer)
        late = self._late(invoice, "2026-05-15")
        self.assertEqual((late.interest, late.indemnity), (0.0, 0.0), "no notice yet")
        notice = self._item(invoice)
        self.env["credit.collection.action"]._set_level(notice, self.notice, "served", day("2026-03-02"))
        self._payment(2400.0, "2026-05-15", consumer, invoice)
        late = self._late(invoice, "2026-06-01")
        self.assertEqual(self._segments(late), [("2026-03-03", "2026-05-15", 74, 2400.0, 2.62, 12.75)])
        self.assertEqual(late.indemnity, 0.0)
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.private.indemnity_amount = 40.0
            self.env.flush_all()

    def test_s7_leap_year(self):
        invoice = self._paid("2023-12-15", "2024-02-29", 5000.0)
        late = self._late(invoice)
        self.assertEqual([segment.amount for segment in late.segments], [30.68, 119.18])
        self.assertEqual(late.interest, 149.86)
        self.policy.day_count = "actual"
        late = self._late(invoice)
        # 149.54 if rounded once; the printed lines, 30.68 and 118.85, must add up
        self.assertEqual([segment.amount for segment in late.segments], [30.68, 118.85])
        self.assertEqual(late.interest, 149.53)

    def test_s8_a_missing_rate_is_said_and_not_guessed(self):
        invoice = self._invoice("2026-06-15", 10000.0, date="2026-03-15")
        late = self._late(invoice, "2026-07-31")
        self.assertEqual(late.missing_from, day("2026-07-01"))
        self.assertEqual([(s.days, s.rate, s.amount) for s in late.segments], [(15, 12.15, 49.93), (31, None, 0.0)])
        self.assertEqual(late.interest, 49.93)
        table = self.Late._letter_table(invoice, day("2026-07-31"))[0]
        self.assertIn("07/01/2026", table["missing"])
        self.assertFalse(table["penalty_rate"])
        self.assertEqual([segment["days"] for segment in table["segments"]], [15])
        with freeze_time("2026-07-31"):
            self.env.invalidate_all()
            self.assertEqual(self.ecb.missing_since, day("2026-07-01"))
            self.assertIn("07/31/2026", self.policy.warning)
            settings = self.env["res.config.settings"].create({})
            self.assertIn("ECB main refinancing rate (from 07/01/2026)", settings.followup_rates_missing)
            self.ecb.value_ids = [Command.create({"date_from": "2026-07-01", "rate": 2.0})]
            self.assertFalse(self.ecb.missing_since)
            (self.ecb.search([]) - self.ecb).period_months = 0
            self.assertFalse(self.env["res.config.settings"].create({}).followup_rates_missing)
        self.assertFalse(self._late(invoice, "2026-07-31").missing_from)
        self.assertEqual(self._late(invoice, "2026-07-31").segments[1].rate, 12.0)

    def test_s8_a_rate_that_holds_until_the_next_one_is_never_missing(self):
        self.ecb.period_months = 0
        with freeze_time("2027-02-01"):
            self.env.invalidate_all()
            self.assertFalse(self.ecb.missing_since)
        self.assertEqual(float(self.policy._rate_on(day("2027-02-01"))), 12.15)

    def test_s12_an_instalment_invoice_bears_interest_by_instalment_and_one_indemnity(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "30/40/30",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": share, "nb_days": days})
                    for share, days in ((30, 30), (40, 58), (30, 89))
                ],
            }
        )
        invoice = self._invoice("2026-01-31", 15000.0, date="2026-01-01", invoice_payment_term_id=term.id)
        results = list(self.Late._compute(self._lines(invoice), day("2026-03-05")).values())
        self.assertEqual([str(late.due) for late in results], ["2026-01-31", "2026-02-28", "2026-03-31"])
        self.assertEqual([late.interest for late in results], [49.43, 9.99, 0.0])
        self.assertEqual([[s.days for s in late.segments] for late in results], [[33], [5], []])
        self.assertEqual([late.indemnity for late in results], [40.0, 0.0, 0.0])
        self.assertEqual([one.indemnity for one in self.Late._documents(invoice, day("2026-03-05"))], [40.0])
        claims = self.Claim._claim(self._lines(invoice)[1], day("2026-03-05"))
        self.assertEqual(
            claims.mapped(lambda claim: (claim.kind, claim.amount)), [("interest", 59.42), ("indemnity", 40.0)]
        )

    def test_s28_the_account_of_a_litigation_file_adds_up(self):
        first = self._invoice("2025-10-31", 4800.0)
        second = self._invoice("2025-11-30", 7260.0)
        third = self._invoice("2025-12-31", 3140.5)
        self._payment(2260.0, "2026-01-20", invoice=second)
        (table,) = self.Late._letter_table(first | second | third, day("2026-03-15"))
        self.assertEqual(
            [(segment["days"], segment["principal"], segment["amount"]) for segment in table["segments"]],
            [(135, 4800.0, 215.7), (51, 7260.0, 123.25), (54, 5000.0, 89.88), (74, 3140.5, 77.36)],
        )
        self.assertEqual((table["interest"], table["indemnity"], table["total"]), (506.19, 120.0, 626.19))

    def test_s29_an_insolvency_judgment_stops_interest_the_day_before(self):
        invoice = self._invoice("2025-12-31", 9000.0, date="2025-12-01")
        later = self._invoice("2026-02-28", 5000.0, date="2026-01-28")
        new = self._invoice("2026-03-31", 5000.0, date="2026-03-01")
        self.partner._followup_profile(self.company).insolvency_date = "2026-02-16"
        late = self._late(invoice)
        self.assertEqual(self._segments(late), [("2026-01-01", "2026-02-15", 46, 9000.0, 12.15, 137.81)])
        self.assertEqual(late.indemnity, 40.0, "it was late before the judgment")
        late = self._late(later)
        self.assertEqual((late.interest, late.indemnity), (0.0, 0.0), "delivered before, due after")
        late = self._late(new)
        self.assertEqual((late.segments[0].days, late.indemnity), (15, 40.0), "delivered after the judgment")

    # -- the ledger -----------------------------------------------------------

    def test_a_credit_note_counts_from_its_date_or_from_the_start(self):
        invoice = self._invoice("2026-01-31", 10000.0)
        self._match(invoice, self._credit_note(4000.0, "2026-02-20"))
        self.assertEqual([s.principal for s in self._late(invoice, "2026-03-09").segments], [10000.0, 6000.0])
        self.policy.credit_note_dating = "retroactive"
        late = self._late(invoice, "2026-03-09")
        self.assertEqual(self._segments(late), [("2026-02-01", "2026-03-09", 37, 6000.0, 12.15, 73.9)])

    def test_an_invoice_credited_from_the_start_owes_no_indemnity(self):
        invoice = self._invoice("2026-01-31", 10000.0)
        self._match(invoice, self._credit_note(10000.0, "2026-02-20"))
        self.assertEqual(self._late(invoice).indemnity, 40.0)
        self.policy.credit_note_dating = "retroactive"
        self.assertEqual((self._late(invoice).indemnity, self._late(invoice).interest), (0.0, 0.0))

    def test_a_match_undone_later_lets_interest_run_on(self):
        invoice = self._paid("2026-01-31", "2026-03-09")
        self.assertEqual(self._late(invoice).segments[-1].last, day("2026-03-09"))
        self._lines(invoice).remove_move_reconcile()
        self.assertEqual(self._late(invoice).segments[-1].last, day(TODAY))

    def test_a_payment_dated_after_the_day_read_is_not_known_yet(self):
        invoice = self._paid("2026-01-31", "2026-05-20")
        late = self._late(invoice, "2026-03-09")
        self.assertEqual((late.interest, late.segments[-1].principal), (123.16, 10000.0))

    def test_an_entry_reset_to_draft_pays_nothing(self):
        invoice = self._invoice("2026-01-31", 10000.0)
        self._match(invoice, credit_note := self._credit_note(4000.0, "2026-02-20"))
        self.env.cr.execute("UPDATE account_move SET state = 'draft' WHERE id = %s", [credit_note.id])
        self.assertEqual([s.principal for s in self._late(invoice).segments], [10000.0])

    def test_payments_and_excluded_entries_are_no_claim(self):
        refund = self._credit_note(100.0, "2026-01-31")
        receivable = self.company_data["default_account_receivable"]
        lines = [
            {"account_id": receivable.id, "partner_id": self.partner.id, "debit": 500.0},
            {"account_id": self.company_data["default_account_revenue"].id, "credit": 500.0},
        ]
        entry = self.env["account.move"].create(
            {"date": "2026-01-31", "line_ids": [Command.create(vals) for vals in lines]}
        )
        entry.action_post()
        self.assertFalse(self.Late._compute(self._lines(refund, entry), day(TODAY)), "core excludes entries")
        self._lines(entry).no_followup = False
        late = self._late(entry)
        self.assertEqual((late.segments[0].days, late.indemnity), (74, 40.0), "chased like an invoice")
        self.assertTrue(self.Claim._claim(entry, day(TODAY)).move_line_id)

    def test_two_currencies_are_never_summed(self):
        pound = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.8)])
        euros = self._invoice("2026-01-31", 10000.0)
        pounds = self._invoice("2026-01-31", 1000.0, currency_id=pound.id)
        late = self._late(pounds, "2026-03-09")
        self.assertEqual((late.currency_id, late.interest, late.indemnity), (pound.id, 12.32, 40.0))
        own, foreign = self.Late._letter_table(euros | pounds, day("2026-03-09"))
        self.assertEqual(
            (own["currency"], own["interest"], own["indemnity_count"]), (self.company.currency_id, 123.16, 2)
        )
        self.assertEqual((own["indemnity"], own["indemnity_amount"], own["total"]), (80.0, 40.0, 203.16))
        self.assertEqual((foreign["currency"], foreign["interest"], foreign["total"]), (pound, 12.32, 12.32))
        self.assertEqual(own["penalty_rate"], "12.15%")
        self.assertEqual(own["segments"][0]["rate_text"], "12.15%")
        claims = self.Claim._claim(pounds, day("2026-03-09"))
        self.assertEqual(claims.mapped("currency_id"), pound | self.company.currency_id)
        self.assertEqual(claims[0].amount_company, 15.4)

    def test_a_currency_without_minor_unit(self):
        yen = self.env.ref("base.JPY")
        yen.active = True
        invoice = self._invoice("2026-01-31", 100000.0, currency_id=yen.id)
        self.assertEqual(self._late(invoice, "2026-03-09").interest, 1232.0)

    def test_a_company_without_policy_claims_nothing(self):
        self.policy.active = False
        late = self._late(self._invoice("2026-01-31", 10000.0))
        self.assertEqual((late.policy_id, late.interest, late.indemnity), (False, 0.0, 0.0))
        self.assertIsNone(self.Late._policy(self.company, "professional")._rate_on(day(TODAY)))
        self.assertEqual(float(self.Late._policy(self.company, "public")._rate_on(day(TODAY))), 10.15)

    def test_policies_are_given_to_companies_in_france_only_and_once(self):
        Policy = self.env["credit.interest.policy"]
        company = self.env["res.company"].create({"name": "Berlin", "country_id": self.env.ref("base.de").id})
        self.assertFalse(Policy.search([("company_id", "=", company.id)]))
        company.country_id = self.env.ref("base.fr")
        company.country_id = self.env.ref("base.re")
        self.assertEqual(len(Policy.search([("company_id", "=", company.id)])), 3)

    def test_shipped_policies_bear_their_names_in_each_language_until_they_are_renamed(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env.flush_all()
        self.env.cr.execute("UPDATE credit_interest_policy SET name = name - 'fr_FR'")  # as before the language came
        self.env.invalidate_all()
        self.public.name = "Our cities"
        self.env["credit.interest.policy"]._translate_shipped(["fr_FR"])
        names = [policy.with_context(lang="fr_FR").name for policy in (self.policy, self.public)]
        self.assertEqual(names, ["Professionnels\N{NO-BREAK SPACE}: taux BCE + 10 points", "Our cities"])
        self.assertEqual(self.policy.with_context(lang="en_US").name, "Professionals: ECB rate + 10 points")

    def test_the_other_company_has_its_own_policy(self):
        other = self.setup_other_company(country_id=self.env.ref("base.fr").id)["company"]
        theirs = self.env["credit.interest.policy"].search(
            [("company_id", "=", other.id), ("customer_kind", "=", "professional")]
        )
        theirs.write({"basis": "contract", "contract_rate": 20.0, "floor_reference_id": False})
        mine = self._invoice("2026-01-31", 10000.0)
        journal = self.env["account.journal"].search([("company_id", "=", other.id), ("type", "=", "sale")], limit=1)
        foreign = self._invoice("2026-01-31", 10000.0, journal_id=journal.id)
        results = self.Late._compute(self._lines(mine, foreign), day("2026-03-09"))
        self.assertEqual(sorted(late.interest for late in results.values()), [123.16, 202.74])

    def test_a_contact_is_what_its_company_is(self):
        contact = self.env["res.partner"].create({"name": "Ann", "parent_id": self.partner.id})
        self.assertEqual(contact._followup_kind(), "professional")
        self.partner.followup_customer_kind = "public"
        self.assertEqual(contact._followup_kind(), "public")
        self.assertEqual(self._consumer()._followup_kind(), "consumer")
        late = self._late(self._invoice("2026-01-31", 10000.0, contact))
        self.assertEqual(late.policy_id, self.public.id)

    def test_the_late_are_those_overdue_and_those_paid_late_in_the_year(self):
        overdue = self._invoice("2026-01-31")
        late = self._paid("2026-01-31", "2026-03-09", 100.0)
        self._paid("2026-01-31", "2026-01-30", 100.0)
        self._paid("2024-01-31", "2024-03-09", 100.0)
        self._invoice("2026-05-31", date="2026-04-01")
        lines = self.Late._late_lines(day(TODAY), self.company, self.partner)
        self.assertEqual(lines.move_id, overdue | late)
        self.assertFalse(self.Late._late_lines(day(TODAY), self.company, self._consumer()))

    def test_as_many_queries_for_forty_items_as_for_four(self):
        def count(moves, job):
            return self._queries(lambda: job(moves))

        def refresh(moves):
            self.Claim._claim(moves, day(TODAY))

        warm, few, many = (
            self.env["account.move"].union(*(self._invoice("2026-01-31") for _turn in range(number)))
            for number in (1, 4, 40)
        )
        jobs = [
            lambda moves: self.Late._compute(self._lines(*moves), day(TODAY)),
            lambda moves: moves.mapped("followup_interest"),
            lambda moves: self.Late._letter_table(moves, day(TODAY)),
            refresh,  # makes the claims
            refresh,
        ]
        for number, job in enumerate(jobs):
            with self.subTest(number):
                count(warm, job)
                self.assertLessEqual(count(many, job), count(few, job))


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestLateClaims(InterestCommon):
    def setUp(self):
        super().setUp()
        self.invoice = self._invoice("2026-01-31", 10000.0)
        self.interest, self.indemnity = self.Claim._claim(self.invoice, day("2026-03-09"))

    def test_a_claim_grows_while_the_principal_is_open_and_stays_when_it_is_paid(self):
        self.assertRecordValues(
            self.interest | self.indemnity,
            [
                {"kind": "interest", "amount": 123.16, "state": "claimed", "partner_id": self.partner.id},
                {"kind": "indemnity", "amount": 40.0, "state": "claimed", "partner_id": self.partner.id},
            ],
        )
        self._payment(10000.0, "2026-03-31", invoice=self.invoice)
        self.assertEqual(self.Claim._claim(self.invoice, day("2026-04-10")), self.interest | self.indemnity)
        self.assertEqual(self.interest.amount, 196.4)
        self.assertEqual(self.interest.line_ids.mapped("days"), [59])
        self.Claim._claim(self.invoice, day("2026-06-10"))
        self.assertEqual((self.interest.amount, self.interest.line_ids.amount), (196.4, 196.4))
        self.Claim._claim(self.invoice, day("2026-02-10"))
        self.assertEqual((self.interest.amount, str(self.interest.date)), (196.4, "2026-06-10"), "never back in time")

    def test_nothing_due_makes_no_claim(self):
        self.assertFalse(self.Claim._claim(self._invoice("2026-05-31", date="2026-04-01"), day(TODAY)))

    def test_a_settled_claim_is_neither_touched_nor_made_again(self):
        self.indemnity.with_user(self.manager).action_waive("good customer")
        self.interest.with_user(self.collector).action_record_payment(123.16)
        self.assertFalse(self.Claim._claim(self.invoice, day(TODAY)))
        self.assertRecordValues(
            self.interest | self.indemnity,
            [{"amount": 123.16, "state": "paid"}, {"amount": 40.0, "state": "waived"}],
        )
        self.assertEqual(len(self.Claim.search([("move_id", "=", self.invoice.id)])), 2)
        self.assertEqual((self.invoice.followup_interest, self.invoice.followup_indemnity), (0.0, 0.0))
        self.assertEqual(self.Late._letter_table(self.invoice, day(TODAY)), [])

    def test_part_payments_are_deducted(self):
        claim = self.interest.with_user(self.collector)
        for wrong in (0.0, -1.0, 123.17):
            with self.assertRaises(UserError):
                claim.action_record_payment(wrong)
        claim.action_record_payment(23.16)
        self.assertRecordValues(claim, [{"state": "partly_paid", "amount_paid": 23.16, "amount_residual": 100.0}])
        table = self.Late._letter_table(self.invoice, day("2026-03-09"))[0]
        self.assertEqual((table["interest"], table["paid"], table["total"]), (123.16, 23.16, 140.0))
        self.env["credit.late.payment"].with_user(self.collector).create({"claim_id": claim.id}).action_apply()
        self.assertRecordValues(claim, [{"state": "paid", "amount_paid": 123.16, "amount_residual": 0.0}])
        with self.assertRaises(UserError):
            claim.action_record_payment(1.0)

    def test_waiving_is_the_credit_managers_and_leaves_a_trace(self):
        for user in (self.collector, self.accountant):
            with self.assertRaises(AccessError):
                self.indemnity.with_user(user).action_waive("nice people")
            with self.assertRaises(AccessError):
                self.env["credit.late.waiver"].with_user(user).create({"reason": "nice people"})
            with self.assertRaises(AccessError):
                self.invoice.with_user(user).action_followup_waive()
        with self.assertRaises(UserError):
            self.indemnity.with_user(self.manager).action_waive("  ")
        wizard = self.env["credit.late.waiver"].with_user(self.manager)
        wizard.create({"claim_ids": self.indemnity.ids, "reason": "our own delay"}).action_apply()
        self.assertRecordValues(
            self.indemnity,
            [
                {
                    "state": "waived",
                    "waived_by_id": self.manager.id,
                    "waived_on": day(TODAY),
                    "waive_reason": "our own delay",
                    "amount_residual": 0.0,
                }
            ],
        )
        self.assertIn("our own delay", self.invoice.message_ids[0].body)
        self.assertEqual(self.invoice.message_ids[0].author_id, self.manager.partner_id)

    def test_an_indemnity_is_waived_before_it_was_claimed(self):
        invoice = self._invoice("2026-02-28", 500.0)
        action = invoice.with_user(self.manager).action_followup_waive()
        wizard = self.env["credit.late.waiver"].with_user(self.manager).with_context(**action["context"])
        wizard.create({"reason": "first time"}).action_apply()
        claim = self.Claim.search([("move_id", "=", invoice.id)])
        self.assertRecordValues(claim, [{"kind": "indemnity", "state": "waived", "amount": 40.0}])
        claims = self.Claim._claim(invoice, day(TODAY))
        self.assertEqual(claims.mapped("kind"), ["interest"])

    def test_claims_are_written_by_their_methods_only(self):
        for user in (self.accountant, self.collector, self.manager):
            claim = self.interest.with_user(user)
            self.assertTrue(claim.has_access("read"))
            for operation in ("write", "create", "unlink"):
                self.assertFalse(claim.has_access(operation), (user.login, operation))
                self.assertFalse(claim.line_ids.has_access(operation), (user.login, operation))
        self.assertFalse(self.interest.with_user(self.salesperson).has_access("read"))
        for name in ("_claim", "_record", "_open_for_change", "_check_group"):
            with self.assertRaises(AccessError):
                get_public_method(self.Claim, name)
        with self.assertRaises(AccessError):
            get_public_method(self.Late, "_compute")

    def test_policies_and_rates_are_the_credit_managers(self):
        for record, vals in (
            (self.policy, {"margin": 9.0}),
            (self.ecb, {"name": "ECB"}),
            (self.ecb.value_ids[0], {"rate": 1}),
        ):
            for user in (self.accountant, self.collector):
                self.assertTrue(record.with_user(user).has_access("read"))
                with self.assertRaises(AccessError):
                    record.with_user(user).write(vals)
            record.with_user(self.manager).write(vals)
            self.assertFalse(record.with_user(self.salesperson).has_access("read"))

    def test_claiming_from_the_collection_file_is_the_collectors(self):
        partner = self._customer("Lefevre")
        invoice = self._paid("2026-01-31", "2026-03-09", partner=partner)
        profile = partner._followup_profile(self.company)
        self.assertEqual(profile.late_move_ids, invoice)
        with self.assertRaises(AccessError):
            profile.with_user(self.accountant).action_claim_late()
        profile.with_user(self.collector).action_claim_late()
        self.assertEqual(sorted(profile.late_claim_ids.mapped("amount")), [40.0, 123.16])
        self.assertEqual((invoice.followup_interest, invoice.followup_indemnity), (123.16, 40.0))
        with self.assertRaises(UserError):
            self.partner_b._followup_profile(self.company).with_user(self.collector).action_claim_late()

    def test_the_debit_note_is_asked_for_and_free_of_tax(self):
        self.company_data["default_tax_sale"].amount = 20
        claims = self.interest | self.indemnity
        for user in (self.collector, self.accountant):
            with self.assertRaises(AccessError):
                claims.with_user(user).action_invoice()
        self.company.followup_charge_account_id = False
        with self.assertRaisesRegex(UserError, "income account"):
            claims.with_user(self.manager).action_invoice()
        self.company.followup_charge_account_id = self.company_data["default_account_revenue"]
        claims.with_user(self.manager).action_invoice()
        note = claims.debit_note_id
        self.assertRecordValues(note, [{"state": "draft", "amount_total": 163.16, "amount_tax": 0.0}])
        self.assertEqual(len(note.invoice_line_ids), 2)
        self.assertFalse(note.invoice_line_ids.tax_ids)
        self.assertEqual(set(claims.mapped("state")), {"invoiced"})
        with self.assertRaises(UserError):
            claims.with_user(self.manager).action_invoice()
        with self.assertRaises(UserError):
            claims.with_user(self.manager).action_waive("too late")
        self.assertFalse(self.Claim._claim(self.invoice, day(TODAY)))

    def test_the_claim_follows_its_debit_note(self):
        claims = self.interest | self.indemnity
        claims.with_user(self.manager).action_invoice()
        note = claims.debit_note_id
        note.invoice_date = "2026-03-10"
        note.invoice_payment_term_id = False
        note.invoice_date_due = "2026-03-11"
        note.action_post()
        self.assertFalse(self.Late._compute(self._lines(note), day("2026-04-15")), "no interest on interest")
        self._payment(163.16, "2026-03-20", invoice=note)
        self.assertEqual(set(claims.mapped("state")), {"paid"})
        self._lines(note).remove_move_reconcile()
        self.assertEqual(set(claims.mapped("state")), {"invoiced"})
        note.button_draft()
        note.button_cancel()
        self.assertEqual(set(claims.mapped("state")), {"claimed"})

    def test_a_deleted_draft_debit_note_leaves_the_claim_open(self):
        self.interest.with_user(self.manager).action_invoice()
        self.interest.debit_note_id.unlink()
        self.env.flush_all()
        self.assertRecordValues(self.interest, [{"state": "claimed", "is_open": True, "amount_residual": 123.16}])

    def test_an_accountant_who_collects_may_invoice_and_one_note_is_made_per_customer_and_currency(self):
        pound = self.setup_other_currency("GBP", rates=[("2026-01-01", 0.8)])
        groups = "account.group_account_user,credit_collection.credit_collection_group_user"
        user = new_test_user(self.env, "chief", groups=groups, company_id=self.company.id)
        partner = self._customer("Lefevre")
        invoices = self._invoice("2026-01-31", 1000.0, partner) | self._invoice(
            "2026-01-31", 1000.0, currency_id=pound.id
        )
        claims = self.interest | self.indemnity | self.Claim._claim(invoices, day("2026-03-09"))
        claims.with_user(user).action_invoice()
        notes = claims.debit_note_id
        self.assertEqual(
            sorted((note.partner_id.name, note.currency_id.name, note.amount_total) for note in notes),
            [("Durand", "EUR", 203.16), ("Durand", "GBP", 12.32), ("Lefevre", "EUR", 52.32)],
        )

    def test_another_company_is_out_of_sight(self):
        other = self.setup_other_company()["company"]
        stranger = self.manager.copy({"login": "stranger", "company_id": other.id, "company_ids": [(6, 0, other.ids)]})
        for record in (self.interest, self.interest.line_ids, self.policy):
            theirs = record.with_user(stranger).with_context(allowed_company_ids=other.ids)
            self.assertFalse(theirs.search([("id", "in", record.ids)]), record._name)
            with self.assertRaises(AccessError):
                theirs.read(["display_name"])
        with self.assertRaises(AccessError):
            self.interest.with_user(stranger).with_context(allowed_company_ids=other.ids).action_waive("not mine")

    def test_a_credit_note_from_the_start_takes_the_claim_back(self):
        self.policy.credit_note_dating = "retroactive"
        self._match(self.invoice, self._credit_note(10000.0, "2026-03-20"))
        self.Claim._claim(self.invoice, day(TODAY))
        self.assertEqual((self.interest.amount, self.indemnity.amount), (0.0, 0.0))
        self.assertFalse(self.interest.line_ids)
