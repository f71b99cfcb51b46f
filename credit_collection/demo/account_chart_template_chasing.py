"""How the demo company has chased so far: levels reached, calls, registered letters, claims, and what was decided."""

from datetime import timedelta

from odoo import fields, models
from odoo.tools.mail import generate_tracking_message_id

from .account_chart_template import INVOICES

# Reminders sent before, by the tool used until now: (invoice, level of the standard scenario, day).
LEVELS_REACHED = [
    ("arnoult_1", "letter1", -126),
    ("arnoult_1", "letter2", -115),
    ("arnoult_1", "notice", -98),
    ("arnoult_2", "letter1", -91),
    ("arnoult_2", "letter2", -80),
    ("arnoult_2", "notice", -63),
    ("grandchamp_1", "letter1", -71),
    ("grandchamp_1", "letter2", -60),
    ("grandchamp_2", "letter1", -39),
    ("grandchamp_2", "letter2", -25),
    ("sorel_1", "letter1", -26),
    ("sorel_1", "call", -22),
    ("sorel_1", "letter2", -4),
    ("verdier_1", "letter1", -12),
    ("verdier_1", "call", -8),
    ("savarin_1", "letter1", -7),
    ("roussel_1", "letter1", -5),
    ("ferrand_1", "letter1", -30),
    ("ferrand_1", "letter2", -18),
    ("ferrand_2", "letter1", -28),
    ("ferrand_2", "letter2", -18),
    ("madelin_1", "letter1", -48),
    ("madelin_1", "letter2", -37),
]
GOOD_CUSTOMERS = ["vallieres", "vauban"]
OF_THE_MANAGER = ["grandchamp", "arnoult", "vallieres"]
# Registered letters: (invoices, day it was posted or None, tracking number).
FORMAL_NOTICES = [(("ferrand_1", "ferrand_2"), None, None), (("madelin_1",), 0, "1A 204 558 7731 6")]
# Calls made, each with the day on which to call again: (invoice, day, person, what was said, days until the next call).
CALLS = [
    (
        "sorel_1",
        -3,
        "sorel",
        "The invoice is approved; Mrs Rivet puts it into the next run of transfers. Make sure that it left.",
        3,
    )
]


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"  # pylint: disable=consider-merging-classes-inherited

    def _credit_demo_levels_reached(self, invoices):
        """Keep each earlier reminder as an action set by hand, on the day it was sent."""
        standard = self.env.company.followup_scenario_id
        shipped = self.env.ref("credit_collection.scenario_standard")
        # The company's levels are copies of the shipped ones, in the same order.
        copies = dict(zip(shipped.level_ids.sorted("day"), standard.level_ids.sorted("day"), strict=True))
        for key, level, offset in sorted(LEVELS_REACHED, key=lambda reached: reached[2]):
            items = self.env["credit.open.item"].search([("move_id", "=", invoices[key].id)])
            original = self.env.ref(f"credit_collection.level_standard_{level}")
            collector = self.env.ref("credit_collection.demo_user_collector")
            self.env["credit.collection.action"].with_user(collector)._set_level(
                items, copies[original], "Taken over from the tool used before.", self._credit_demo_day(offset)
            )

    def _credit_demo_decisions(self, invoices):
        """Collectors, pauses, exclusions: what people have said about these customers."""
        profiles = self._credit_demo_profiles()
        profiles["tilleuls"].contact_ids = self.env.ref("credit_collection.demo_contact_tilleuls_reminders")
        profiles["lasserre"].always_confirm = True
        profiles["savarin"].reply_waiting = True
        manager = self.env.ref("credit_collection.demo_user_manager")
        profiles["valmont"].with_user(manager).insolvency_date = self._credit_demo_day(-25)
        profiles["morvan"].write(
            {"paused_until": self._credit_demo_day(14), "pause_reason": "Their insurer pays; agreed with the director"}
        )
        good_customers = self.env["credit.dunning.scenario"].search([("company_id", "=", self.env.company.id)])[1]
        for name in GOOD_CUSTOMERS:
            profiles[name].scenario_id = good_customers
        self._credit_demo_receivable(invoices["vallieres_1"]).write(
            {
                "followup_excluded_until": self._credit_demo_day(21),
                "followup_exclusion_reason": "Payment order signed, on its way to the public treasury",
            }
        )

        too_long = self.env.ref("credit_collection.demo_payment_term_ninety")
        self._credit_demo_partner("morvan").with_company(self.env.company).property_payment_term_id = too_long

    def _credit_demo_calls(self, invoices):
        """Keep each call as the collector noted it; the next one is on the agenda."""
        for key, offset, person, said, again in CALLS:
            profile = self._credit_demo_profile(invoices[key])
            call = profile._plan_call(self._credit_demo_day(offset), self._credit_demo_receivable(invoices[key]))
            contact = self.env.ref(f"credit_collection.demo_contact_{person}")
            call._record_call("reached", said, contact, call_back=self._credit_demo_day(offset + again))
            call.sudo()._write_state({"date_done": fields.Datetime.now() + timedelta(days=offset)})

    def _credit_demo_registered_letters(self, invoices):
        """One waits to be printed; the other was posted today, and its charges are claimed."""
        for keys, posted, tracking_number in FORMAL_NOTICES:
            moves = self.env["account.move"].union(*(invoices[key] for key in keys))
            letter = self._credit_demo_formal_notice(moves)
            if posted is None:
                continue
            # as the printer leaves it, but for the printed pages: those need a running server
            words = self.env["credit.dunning.words"]._render(letter)
            letter.sudo()._write_state(
                {
                    "subject": words["subject"],
                    "body_sent": words["html"],
                    "date_sending": fields.Datetime.now(),
                    "message_id": generate_tracking_message_id(f"{letter.id}-credit.collection.action"),
                }
            )
            letter._set_state("sending", "to_print")
            letter._record_posting(tracking_number, fields.Date.context_today(letter) + timedelta(days=posted))

    def _credit_demo_formal_notice(self, moves):
        """Return a registered formal notice that claims these invoices and was confirmed."""
        profile = self._credit_demo_profile(moves)
        items = self.env["credit.open.item"].search([("move_id", "in", moves.ids)])
        notice = self.env.company.followup_scenario_id.level_ids.filtered("is_formal_notice")
        letter = profile._prepare_action(profile._recipient(), self.env["account.move.line"]).sudo()
        letter.line_ids._create_evidence(
            [
                {
                    **item._prepare_line_vals(),
                    "action_id": letter.id,
                    "move_line_id": item.id,
                    "level_id": notice.id,
                    "state": "pending",
                }
                for item in items
            ]
        )
        letter._write_state(
            {
                "channel": "letter",
                "registered": True,
                "level_id": notice.id,
                "amount_company": sum(items.mapped("claimable_company")),
            }
        )
        letter._set_state("to_print", "to_confirm")
        return letter

    def _credit_demo_late_payment(self, invoices):
        """Interest and indemnities of two invoices are claimed; one indemnity was given up."""
        moves = invoices["arnoult_1"] | invoices["arnoult_2"]
        claims = self.env["credit.late.claim"]._claim(moves, fields.Date.context_today(self))
        waived = claims.filtered(lambda claim: claim.kind == "indemnity" and claim.move_id == invoices["arnoult_2"])
        manager = self.env.ref("credit_collection.demo_user_manager")
        waived.with_user(manager).action_waive("We delivered two weeks late ourselves")

    def _credit_demo_profile(self, moves):
        """Return the collection file of the invoices' customer, in the hands of its collector."""
        collector = self.env.ref("credit_collection.demo_user_collector")
        return moves.partner_id._followup_profile(self.env.company).with_user(collector)

    def _credit_demo_profiles(self):
        """Return the collection files by customer, each with its collector."""
        profiles = {}
        for name in dict.fromkeys(customer for _key, customer, *_rest in INVOICES):
            user = "manager" if name in OF_THE_MANAGER else "collector"
            profiles[name] = self._credit_demo_partner(name)._followup_profile(self.env.company)
            profiles[name].collector_id = self.env.ref(f"credit_collection.demo_user_{user}")
        return profiles
