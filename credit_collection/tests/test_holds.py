"""Holds: decided by credit managers and by dunning levels, S25; insolvency is one, S29; they follow merged customers,
hard case 42."""

from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..models.credit_control import Ask
from .common import CollectionCommon

DAY = "2026-03-16"


class HoldsCommon(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Hold = cls.env["credit.hold"]

    def _hold(self, partner=None, **values):
        return self.Hold.create({"partner_id": (partner or self.partner).id, "reason": "Bill bounced", **values})

    def _verdict(self, kind="orders", partner=None, company=None):
        ask = Ask("doc", partner or self.partner, company or self.company, 0.0, kind)
        return self.env["credit.control"]._verdicts([ask])["doc"]

    def _blocked(self, **ask):
        """Whether orders and deliveries are blocked, as two letters at most."""
        return "".join(kind[0] for kind in ("orders", "deliveries") if self._verdict(kind, **ask).blocks)

    def _history(self, partner=None, company=None):
        profile = (partner or self.partner)._followup_profile(company or self.company)
        return " ".join(profile.message_ids.mapped("body"))

    def _fresh(self, hold):
        hold.invalidate_recordset()
        return hold.state


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestHolds(HoldsCommon):
    def test_s25_a_manual_hold_stays_even_when_figures_are_good(self):
        self.assertEqual(self._blocked(), "")
        self._hold()
        self._payment(5000, DAY)
        verdict = self._verdict()
        self.assertEqual((self._blocked(), [reason.rule for reason in verdict.reasons]), ("od", ["hold"]))
        self.assertEqual(verdict.sentences(), "Durand has been on hold since 03/16/2026: Bill bounced")
        self._night("2026-03-17")
        self.assertEqual(self._blocked(), "od")

    def test_a_hold_is_of_orders_or_of_deliveries_or_of_both(self):
        for scope, blocked in (("orders", "o"), ("deliveries", "d"), ("both", "od")):
            partner = self._customer(f"Scope {scope}")
            self._hold(partner, scope=scope)
            self.assertEqual(self._blocked(partner=partner), blocked)

    def test_the_companys_or_the_files_rule_says_what_a_hold_does(self):
        self._hold()
        self.company.followup_rule_hold = "warn"
        self.assertEqual(self._verdict().severity, "warn")
        self.partner._followup_profile(self.company).rule_hold = "block"
        self.assertEqual(self._verdict().severity, "block")
        self.partner._followup_profile(self.company).rule_hold = "ignore"
        self.assertEqual(self._verdict().severity, "clear")

    def test_a_hold_holds_from_its_first_to_its_last_day(self):
        cases = [
            ("2026-03-17", False, "planned"),
            ("2026-03-16", "2026-03-16", "in_force"),
            ("2026-03-01", "2026-03-15", "ended"),
            ("2026-03-16", "2026-03-15", "ended"),
            ("2026-03-01", False, "in_force"),
        ]
        for first, last, state in cases:
            partner = self._customer(f"From {first} to {last}")
            hold = self._hold(partner, date_from=first, date_to=last)
            self.assertEqual(hold.state, state, (first, last))
            self.assertEqual(self._blocked(partner=partner), "od" if state == "in_force" else "", (first, last))
            for sought in ("planned", "in_force", "ended"):
                found = self.Hold.search([("state", "=", sought), ("partner_id", "=", partner.id)])
                self.assertEqual(found, hold if sought == state else self.Hold, "searching and computing agree")
            others = self.Hold.search([("state", "!=", state), ("partner_id", "=", partner.id)])
            self.assertFalse(others)

    def test_a_hold_in_one_company_does_not_hold_in_the_other(self):
        other = self.setup_other_company()["company"]
        self._hold()
        self.assertEqual((self._blocked(), self._blocked(company=other)), ("od", ""))
        self.assertIn("Bill bounced", self._history())
        self.assertFalse(self.env["credit.profile"].sudo().search([("company_id", "=", other.id)]))
        stranger = self.manager.copy({"login": "stranger", "company_id": other.id, "company_ids": [(6, 0, other.ids)]})
        theirs = self.Hold.with_user(stranger).with_context(allowed_company_ids=other.ids)
        self.assertFalse(theirs.search([]))
        with self.assertRaises(AccessError):
            theirs.create({"partner_id": self.partner.id, "company_id": self.company.id, "reason": "x"})

    # -- what may not be ---------------------------------------------------------

    def test_a_contact_is_not_put_on_hold(self):
        contact = self.env["res.partner"].create({"name": "Ann", "parent_id": self.partner.id})
        with self.assertRaisesRegex(ValidationError, "is a contact: put Durand on hold"):
            self._hold(contact)

    def test_a_hold_needs_a_reason_and_ends_after_it_begins(self):
        with self.assertRaisesRegex(ValidationError, "Say why"):
            self._hold(reason="  ")
        with self.assertRaisesRegex(ValidationError, "before it begins"):
            self._hold(date_to="2026-03-14")

    def test_what_a_hold_is_stays(self):
        hold = self._hold()
        other = self.setup_other_company()["company"]
        for values in (
            {"partner_id": self.partner_a.id},
            {"company_id": other.id},
            {"kind": "insolvency"},
            {"user_id": self.collector.id},
            {"action_id": False},
        ):
            with self.assertRaisesRegex(UserError, "stay. End this one"):
                hold.write(values)

    def test_neither_values_nor_defaults_make_it_anothers_decision(self):
        forged = {"default_user_id": self.collector.id, "default_kind": "level", "default_action_id": 1}
        hold = self.Hold.with_user(self.manager).with_context(**forged)
        hold = hold.create({"partner_id": self.partner.id, "reason": "x", "user_id": self.collector.id})
        self.assertRecordValues(hold, [{"user_id": self.manager.id, "kind": "manual", "action_id": False}])
        with self.assertRaisesRegex(UserError, "Only a reminder that has left"):
            self._hold(kind="level")

    def test_a_hold_is_never_deleted_and_an_ended_one_stays_ended(self):
        hold = self._hold()
        with self.assertRaisesRegex(UserError, "end this one instead"):
            hold.sudo().unlink()
        hold.action_end()
        for change in (lambda: hold.write({"date_to": False}), hold.action_end):
            with self.assertRaisesRegex(UserError, "has ended: it stays as it was"):
                change()
        again = self._hold()
        self.assertEqual((self._blocked(), again.create_date >= hold.create_date), ("od", True))

    # -- changes and ends ------------------------------------------------------

    def test_a_hold_ends_at_once_whenever_it_began(self):
        for first in ("2026-03-01", DAY, "2026-04-01"):
            hold = self._hold(date_from=first)
            hold.action_end()
            self.assertEqual(hold.state, "ended", first)
        self.assertEqual(self._blocked(), "")

    def test_the_file_tells_who_held_changed_and_ended_and_why(self):
        hold = self._hold().with_user(self.manager)
        self.assertIn("On hold since 03/16/2026 (Orders and deliveries): Bill bounced", self._history())
        hold.write({"date_to": "2026-03-31", "scope": "deliveries"})
        history = self._history()
        self.assertIn("Until: – → 03/31/2026", history)
        self.assertIn("Scope: Orders and deliveries → Deliveries", history)
        hold.action_end()
        message = self.partner._followup_profile(self.company).message_ids[0]
        self.assertEqual(message.author_id, self.manager.partner_id)
        self.assertIn("The hold is ended: Bill bounced", message.body)

    def test_many_holds_cost_no_more_queries_than_a_few(self):
        def hold(count):
            partners = self.env["res.partner"].create([{"name": f"C{i}", "is_company": True} for i in range(count)])
            partners._followup_profiles(self.company, create=True)
            holds = [{"partner_id": partner.id, "reason": "x"} for partner in partners]
            return self._queries(lambda: self.Hold.create(holds))

        hold(2)
        self.assertLessEqual(hold(30) - hold(3), 2)

    def test_the_file_shows_the_holds_in_force_and_opens_them(self):
        ended, hold = self._hold(date_from="2026-03-01"), self._hold(scope="orders")
        ended.action_end()
        profile = self.partner._followup_profile(self.company).with_user(self.collector)
        self.assertEqual(profile.hold_ids, hold)
        self.assertEqual(profile.hold_sentence, "On hold since 03/16/2026 (Orders): Bill bounced")
        action = profile.action_holds()
        self.assertEqual(self.Hold.search(action["domain"]), hold | ended)
        window = profile.with_user(self.manager).action_put_on_hold()
        values = {"reason": "Told by phone"}
        created = self.Hold.with_user(self.manager).with_context(**window["context"]).create(values)
        self.assertEqual((created.partner_id, created.company_id), (self.partner, self.company))
        self.assertEqual(len(profile.hold_ids), 2, "read anew")

    # -- rights ------------------------------------------------------------------

    def test_holds_are_the_credit_managers_and_the_administrators(self):
        admin = new_test_user(self.env, "admin2", groups="base.group_system", company_id=self.company.id)
        hold = self._hold()
        values = {"partner_id": self.partner.id, "reason": "x"}
        for user in (self.manager, admin):
            mine = self.Hold.with_user(user).create(values)
            mine.write({"scope": "orders"})
            mine.action_end()
        for user in (self.collector, self.accountant, self.salesperson):
            for job in (
                lambda user=user: self.Hold.with_user(user).create(values),
                lambda user=user: hold.with_user(user).write({"scope": "orders"}),
                lambda user=user: hold.with_user(user).action_end(),
                lambda user=user: hold.with_user(user).unlink(),
                lambda user=user: self.partner._followup_profile(self.company).with_user(user).action_put_on_hold(),
            ):
                with self.assertRaises(AccessError, msg=user.login):
                    job()
        self.assertEqual(hold.scope, "both")
        self.assertTrue(self.Hold.with_user(self.accountant).has_access("read"))
        self.assertFalse(self.Hold.with_user(self.salesperson).has_access("read"))

    def test_over_rpc_too(self):
        hold = self._hold()
        values = {"partner_id": self.partner.id, "reason": "x"}
        for user in (self.collector, self.accountant, self.salesperson):
            Hold = self.Hold.with_user(user)
            for name, args in (
                ("create", [[values]]),
                ("write", [hold.ids, {"date_to": DAY}]),
                ("action_end", [hold.ids]),
                ("web_save", [hold.ids, {"date_to": DAY}, {}]),
                ("load", [["partner_id/.id", "reason"], [[str(self.partner.id), "x"]]]),
            ):
                if name == "load":  # an import answers with messages
                    refused = call_kw(Hold, name, args, {})
                    self.assertFalse(refused["ids"], user.login)
                    continue
                with self.assertRaises(AccessError, msg=(user.login, name)):
                    call_kw(Hold, name, args, {})
        call_kw(self.Hold.with_user(self.manager), "action_end", [hold.ids], {})
        self.assertEqual(self._blocked(), "")
        for private in ("_end", "_hold_by_level", "_end_settled", "_merge_insolvencies", "_log"):
            with self.assertRaises(AccessError):
                get_public_method(self.Hold, private)

    # -- merged customers --------------------------------------------------------

    def test_hard_case_42_holds_follow_merged_customers(self):
        twin = self._customer("Durand twin")
        mine, theirs = self._hold(), self._hold(twin, scope="orders", reason="Never met")
        self._merge(twin)
        self.assertEqual((mine | theirs).partner_id, self.partner)
        self.assertEqual(
            self.Hold.search([("partner_id", "=", self.partner.id), ("state", "=", "in_force")]), theirs | mine
        )
        self.assertIn("Never met", self._history())

    def test_hard_case_42_of_two_judgments_the_latest_counts(self):
        twin, third = self._customer("Durand twin"), self._customer("Third")
        for partner, day in ((self.partner, "2026-02-16"), (twin, "2026-03-01"), (third, "2026-01-01")):
            partner._followup_profile(self.company).insolvency_date = day
        self._merge(twin | third)
        profile = self.partner._followup_profile(self.company)
        self.assertEqual(str(profile.insolvency_date), "2026-03-01")
        holds = self.Hold.search([("partner_id", "=", self.partner.id)])
        self.assertEqual(holds.mapped("state"), ["in_force", "ended", "ended"])
        self.assertIn("the judgment of 03/01/2026 counts, not that of 02/16/2026", self._history())

    def _merge(self, others):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.partner | others).ids, self.partner)
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestHoldsOfLevels(HoldsCommon):
    def setUp(self):
        super().setUp()
        # nothing is printed for real: with the clock frozen, the printer waits for ever
        self.letter1.write({"hold": "both", "attach_invoices": False, "attach_statement": False})
        self.patch(
            self.env.registry["credit.dunning.printer"],
            "_pages",
            lambda printer, letters, rendered: {letter.id: b"%PDF-1.4" for letter in letters},
        )
        self.invoice = self._invoice("2026-03-13", 1000)

    def _holds(self):
        return self.Hold.search([("partner_id", "=", self.partner.id)])

    def test_no_shipped_level_holds(self):
        self.letter1.hold = False
        levels = self.env["credit.dunning.level"].search([])
        self.assertFalse(levels.filtered("hold"))
        self._night(DAY)
        self.assertFalse(self._holds())

    def test_s25_a_levels_hold_is_lifted_by_the_payment(self):
        action = self._night(DAY)
        hold = self._holds()
        self.assertRecordValues(
            hold,
            [
                {
                    "kind": "level",
                    "scope": "both",
                    "date_from": fields.Date.to_date(DAY),
                    "reason": f"Reminder “{self.letter1.name}” of 03/16/2026",
                    "action_id": action.id,
                    "user_id": False,
                    "state": "in_force",
                }
            ],
        )
        self.assertEqual(self._blocked(), "od")
        self.assertIn("On hold since", self._history())
        payment = self._payment(400, DAY, invoice=self.invoice)
        self.assertEqual(self._blocked(), "od", "a part is still open")
        rest = self._payment(600, DAY, invoice=self.invoice)
        self.assertEqual((self._blocked(), self._fresh(hold)), ("", "ended"))
        self.assertFalse(hold.date_to)
        rest.move_id.line_ids.remove_move_reconcile()
        self.assertEqual(
            (self._blocked(), self._fresh(hold)), ("od", "in_force"), "the payment was undone the same day"
        )
        self._match(self.invoice, rest.move_id)
        self._night("2026-03-17")
        self.assertEqual(str(hold.date_to), "2026-03-16")
        self.assertIn("Nothing that it claimed is open any more.", self._history())
        payment.move_id.line_ids.remove_move_reconcile()
        with freeze_time("2026-03-17"):
            self.assertEqual(self._blocked(), "", "what has ended stays so")

    def test_a_hold_is_told_ended_once_and_runs_repeated_change_nothing(self):
        self._night(DAY)
        self._night(DAY)
        self.env["credit.dunning.history"]._write_history()
        self.env["credit.hold"]._hold_by_level(self.env["credit.collection.action"].search([]))
        self.assertEqual(len(self._holds()), 1)
        self._payment(1000, DAY, invoice=self.invoice)
        self._nights("2026-03-17", "2026-03-18")
        self.assertEqual(self._history().count("Nothing that it claimed"), 1)
        self.assertEqual(str(self._holds().date_to), "2026-03-16", "the second night has nothing to end")

    def test_a_reminder_that_came_back_holds_nobody(self):
        action = self._night(DAY)
        action._void_bounced(self.partner.email)
        self.assertEqual(self._blocked(), "")
        self._night("2026-03-17")
        self.assertIn("The reminder does not count any more.", self._history())

    def test_an_invoice_cancelled_lifts_the_hold_and_another_one_does_not_keep_it(self):
        self._night(DAY)
        self._invoice("2026-04-30", 5000, date="2026-03-10")
        self.assertEqual(self._blocked(), "od")
        self.invoice.button_draft()
        self.assertEqual(self._blocked(), "")

    def test_a_credit_note_lifts_it_like_a_payment(self):
        self._night(DAY)
        self._match(self.invoice, self._credit_note(1000, DAY))
        self.assertEqual(self._blocked(), "")

    def test_letters_hold_once_they_are_printed_and_tests_never(self):
        self.letter1.channel = "letter"
        self.partner.write({"street": "1 rue Haute", "city": "Lyon", "zip": "69001"})
        action = self._night(DAY)
        self.assertEqual((action.state, self._blocked()), ("to_print", ""))
        action.action_print()
        self.assertEqual((action.state, self._blocked()), ("sent", "od"))
        self.assertEqual(len(self._holds()), 1)

    def test_a_try_out_holds_nobody(self):
        self.company.followup_test_email = "trial@creditor.example.com"
        action = self._night(DAY)
        self.assertEqual((action.state, self._blocked()), ("void", ""))
        self.assertFalse(self._holds())

    def test_a_call_of_such_a_level_holds_once_it_is_made_whoever_made_it(self):
        self.call.hold = "orders"
        self.letter1.hold = False
        self._night(DAY)
        call = self._night("2026-03-20").filtered(lambda action: action.channel == "call")
        self.assertEqual((call.state, self._blocked()), ("to_do", ""))
        with freeze_time("2026-03-20"):
            reached = {"default_date_to": "2020-01-01", "default_partner_id": self.partner_a.id}
            call.with_user(self.collector).with_context(**reached)._record_call("no_answer", "Nobody there")
            self.assertEqual(self._blocked(), "o")
        self.assertFalse(self._holds().date_to)

    def test_a_level_set_by_hand_holds_nobody(self):
        self.env["credit.collection.action"]._set_level(self._item(self.invoice), self.letter1, "Taken over")
        self.assertFalse(self._holds())

    def test_what_was_paid_before_it_left_holds_nobody(self):
        self.letter1.write({"channel": "letter", "registered": True})
        self.partner.write({"street": "1 rue Haute", "city": "Lyon", "zip": "69001"})
        action = self._night(DAY)
        action.action_print()
        self.assertEqual(action.state, "sending")
        self._payment(1000, DAY, invoice=self.invoice)
        action._set_state("sent", "sending", date_done=fields.Datetime.now())
        self.assertFalse(self._holds())

    def test_a_manager_ends_it_and_it_does_not_come_back(self):
        self._night(DAY)
        self._holds().with_user(self.manager).action_end()
        self.env["credit.hold"]._hold_by_level(self.env["credit.collection.action"].search([]))
        self.assertEqual((self._blocked(), len(self._holds())), ("", 1))

    def test_a_batch_is_held_in_as_many_queries_as_one(self):
        def send(count):
            partners = self.env["res.partner"].create(
                [{"name": f"C{i}", "email": f"c{i}@customer.example.com", "is_company": True} for i in range(count)]
            )
            for partner in partners:
                self._invoice("2026-03-13", 100, partner)
            self.env["credit.dunning.run"]._prepare()
            actions = self.env["credit.collection.action"].search([("partner_id", "in", partners.ids)])
            actions._write_state({"state": "sent", "date_done": fields.Datetime.now()})
            queries = self._queries(lambda: self.Hold._hold_by_level(actions))
            self.assertEqual(len(self.Hold.search([("action_id", "in", actions.ids)])), count)
            return queries

        send(2)
        self.assertLessEqual(send(20) - send(3), 2)

    def test_each_company_ends_its_own(self):
        other = self.setup_other_company()["company"]
        self._night(DAY)
        hold = self._holds()
        theirs = self._hold(company_id=other.id, scope="orders")
        self._payment(1000, DAY, invoice=self.invoice)
        self._night("2026-03-17")
        self.assertTrue(hold.date_to)
        self.assertEqual((self._blocked(), self._blocked(company=other), self._fresh(theirs)), ("", "o", "in_force"))


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestInsolvencyHolds(HoldsCommon):
    def setUp(self):
        super().setUp()
        self.profile = self.partner._followup_profile(self.company)

    def test_s25_s29_insolvency_holds_and_stops_dunning(self):
        invoice = self._invoice("2025-12-31", 9000)
        self.assertEqual((self._state(invoice), self._blocked()), ("chase", ""))
        self.profile.insolvency_date = "2026-02-16"
        hold = self.Hold.search([("partner_id", "=", self.partner.id)])
        self.assertRecordValues(hold, [{"kind": "insolvency", "scope": "both", "state": "in_force"}])
        self.assertEqual((self._state(invoice), self._blocked()), ("stopped", "od"))
        self.assertIn("Insolvency opened on 02/16/2026", self._item(invoice).chase_sentence)
        self.assertIn("On hold since 02/16/2026", self._history())
        hold.action_end()
        self.assertFalse(self.profile.insolvency_date)
        self.assertEqual((self._state(invoice), self._blocked()), ("chase", ""))

    def test_the_day_on_the_file_is_the_holds(self):
        self.profile.insolvency_date = "2026-02-16"
        self.profile.insolvency_date = "2026-02-20"
        hold = self.Hold.search([("partner_id", "=", self.partner.id)])
        self.assertEqual(str(hold.date_from), "2026-02-20")
        self.assertIn("Since: 02/16/2026 → 02/20/2026", self._history())
        self.profile.insolvency_date = False
        self.assertEqual((hold.state, self.profile.insolvency_date), ("ended", False))
        self.profile.insolvency_date = "2026-03-02"
        self.assertEqual(str(self.profile.insolvency_date), "2026-03-02", "insolvent again")
        self.env.invalidate_all()
        self.assertEqual(str(self.profile.insolvency_date), "2026-03-02")
        self.assertEqual(self.Hold.search_count([("kind", "=", "insolvency")]), 2)

    def test_a_file_is_read_with_its_own_judgment_only(self):
        other = self.setup_other_company()["company"]
        self.profile.insolvency_date = "2026-02-16"
        files = self.profile | self.partner_a._followup_profile(self.company)
        files |= self.partner.sudo()._followup_profile(other)
        self.env.invalidate_all()
        self.assertEqual([bool(file.insolvency_date) for file in files], [True, False, False])
        invoice = self._invoice("2025-12-31", partner=self.partner_a)
        self.assertEqual(self._state(invoice), "chase")

    def test_two_files_written_at_once_and_a_file_created_with_a_judgment(self):
        files = self.profile | self.partner_a._followup_profile(self.company)
        files.write({"insolvency_date": "2026-02-16"})
        created = self.env["credit.profile"].create(
            {
                "partner_id": self.partner_b.commercial_partner_id.id,
                "company_id": self.company.id,
                "insolvency_date": DAY,
            }
        )
        self.env.invalidate_all()
        self.assertEqual([str(file.insolvency_date) for file in files | created], ["2026-02-16", "2026-02-16", DAY])

    def test_it_is_the_credit_managers(self):
        for user in (self.collector, self.accountant):
            with self.assertRaises(AccessError):
                self.profile.with_user(user).insolvency_date = DAY
        collector = self.profile.with_user(self.collector)
        collector.write({"always_confirm": True, "insolvency_date": False})
        self.profile.with_user(self.manager).insolvency_date = DAY
        self.assertEqual(str(collector.insolvency_date), DAY, "who chases reads it")
        with self.assertRaises(AccessError):
            collector.insolvency_date = False

    @mute_logger("odoo.sql_db")
    def test_one_judgment_at_a_time_and_without_an_end_known_in_advance(self):
        self.profile.insolvency_date = "2026-02-16"
        with self.assertRaisesRegex(ValidationError, "no end known in advance"), self.env.cr.savepoint():
            self.Hold.search([("kind", "=", "insolvency")]).date_to = "2026-12-31"
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self._hold(kind="insolvency")

    def test_an_order_of_an_insolvent_customer_asks_for_a_release(self):
        self.env.user.group_ids |= self.env.ref("sales_team.group_sale_manager")
        self.profile.insolvency_date = "2026-02-16"
        order = self.env["sale.order"].create(
            {"partner_id": self.partner.id, "order_line": [Command.create({"product_id": self.product_a.id})]}
        )
        ask = Ask(order, order.partner_invoice_id.commercial_partner_id, order.company_id, order.amount_total)
        verdict = self.env["credit.control"]._verdicts([ask])[order]
        self.assertEqual(verdict.sentences("block"), "Durand has been on hold since 02/16/2026: Insolvency judgment")
