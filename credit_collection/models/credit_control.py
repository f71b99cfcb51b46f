from typing import Any, NamedTuple

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import AccessError
from odoo.tools import format_amount, format_date

from ..tools.verdict import Reason, Verdict

# Groups: who works on reminders, and who reads accounts
COLLECTOR = "credit_collection.credit_collection_group_user"
ACCOUNTING = "account.group_account_invoice,account.group_account_readonly"


class Ask(NamedTuple):
    """A document to judge.

    ``amount``: what it adds to the customer's exposure, in the company's currency (0 for a confirmed order: it counts
    already). ``kind``: ``orders`` or ``deliveries``, which is what a hold may be for.
    """

    document: Any
    partner: Any
    company: Any
    amount: float = 0.0
    kind: str = "orders"


class CreditControl(models.AbstractModel):
    """The rules by which an order or a delivery of a customer is warned of or held, evaluated live.

    Each rule is *ignore*, *warn* or *block*: of the company (``followup_rule_…``), or of the customer's file when it says
    so (``rule_…``). A rule to come adds its name to ``_rules`` and a method ``_reason_…``.
    """

    _name = "credit.control"
    _description = "Credit control"

    @api.model
    def _rules(self):
        """Return the names of the rules, in the order in which their reasons are told."""
        return ["hold", "limit", "expired", "overdue", "promise"]

    @api.model
    def _rule_fields(self):
        return [f"rule_{name}" for name in self._rules()]

    @api.model
    def _verdicts(self, asks, together=True):
        """Return the verdict on each document, as ``{document: Verdict}``.

        :param together: documents of one customer are judged in turn, and what passed counts against the limit of the
            next ones; else each by itself, which is what a screen shows
        """
        positions = self.env["credit.exposure"].sudo()._positions([(ask.partner, ask.company) for ask in asks])
        holds = {positions[ask.partner, ask.company][f"hold_{ask.kind}"] for ask in asks} - {None}
        self.env["credit.hold"].sudo().browse(holds).fetch(["create_date", "date_from", "reason"])
        self.env["credit.promise"].sudo()._fetch_told(position["promise_broken"] for position in positions.values())
        verdicts, passed = {}, {}
        for ask in asks:
            position = positions[ask.partner, ask.company]
            verdict = self._verdict(ask, position, passed.get((ask.partner, ask.company), 0.0))
            verdicts[ask.document] = verdict
            if together and not verdict.blocks:
                passed[ask.partner, ask.company] = passed.get((ask.partner, ask.company), 0.0) + ask.amount
        return verdicts

    def _verdict(self, ask, position, passed):
        reasons = []
        for name in self._rules():
            severity = position[f"rule_{name}"]
            sentence = severity != "ignore" and getattr(self, f"_reason_{name}")(ask, position, passed)
            if sentence:
                decided_on = self._hold(ask, position).create_date if name == "hold" else None
                reasons.append(Reason(name, severity, sentence, decided_on))
        return Verdict(tuple(reasons))

    def _hold(self, ask, position):
        """Return the hold in force on what is asked, the last decided one."""
        return self.env["credit.hold"].sudo().browse(position[f"hold_{ask.kind}"])

    # -- who decides -----------------------------------------------------------

    @api.model
    def _collects(self):
        """Return whether the user works on reminders: collectors, credit managers among them."""
        return self.env.su or self.env.user.has_group(COLLECTOR)

    @api.model
    def _check_collects(self, sentence):
        """Refuse, in these words, to anybody but collectors.

        :raise AccessError: see ``_collects``
        """
        if not self._collects():
            raise AccessError(sentence)

    @api.model
    def _decides(self):
        """Return whether the user sets limits, terms and holds: credit managers, and who can grant themselves any right."""
        manages = self.env.user.has_group("credit_collection.credit_collection_group_manager")
        return manages or self._administers()

    @api.model
    def _administers(self):
        """Return whether the user could grant themselves any right, and any company."""
        return self.env.su or self.env.user.has_group("base.group_system")

    @api.model
    def _check_decides(self, sentence):
        """Refuse, in these words, to anybody who may not decide.

        :raise AccessError: see ``_decides``
        """
        if not self._decides():
            raise AccessError(sentence)

    @api.model
    def _of_user(self, records):
        """Return the records of the user's companies. What the rules say is computed in sudo, also of a form not saved
        yet, in which a client may put any company.
        """
        if self.env.uid == SUPERUSER_ID:
            return records
        companies = self.env.user._get_company_ids()
        return records.filtered(lambda record: record.company_id._origin.id in companies)

    @api.model
    def _compute_again(self, records, names, vals_list, new=False):
        """Have figures computed again that a user gave values for: what is judged follows from the records themselves.

        :param names: stored computed fields
        :param vals_list: the values the records were created or written with
        :param new: they were created: defaults of the user and of the context are values from outside, too
        """
        if self._decides():
            return
        given = set().union(*vals_list, records.default_get(names) if new else ())
        for name in names:
            if name in given:
                self.env.add_to_compute(records._fields[name], records)

    @api.model
    def _change(self, field, before, after):
        """Return the line of a history that says how a field's value changed; both as people read them."""
        return self._change_words(field._description_string(self.env), before, after)

    @api.model
    def _change_words(self, label, before, after):
        return self.env._("%(field)s: %(before)s → %(after)s", field=label, before=before, after=after)

    # -- the rules: each returns a sentence when it applies --------------------

    def _reason_hold(self, ask, position, passed):
        hold = self._hold(ask, position)
        return hold and self.env._(
            "%(customer)s has been on hold since %(date)s: %(reason)s",
            customer=ask.partner.display_name,
            date=format_date(self.env, hold.date_from),
            reason=hold.reason,
        )

    def _reason_limit(self, ask, position, passed):
        currency = ask.company.sudo().currency_id
        total = position["exposure"] + passed + ask.amount
        if position["credit_limit"] is None or currency.compare_amounts(total, position["credit_limit"]) <= 0:
            return None

        def amount(value):
            return format_amount(self.env, value, currency)

        figures = {
            "total": amount(total),
            "customer": ask.partner.display_name,
            "excess": amount(total - position["credit_limit"]),
            "limit": amount(position["credit_limit"]),
            "parts": " · ".join(f"{label} {amount(value)}" for label, value in self._parts(ask, position, passed)),
        }
        if currency.is_zero(position["credit_limit"]):
            return self.env._(
                "%(customer)s buys nothing on credit, and would owe %(total)s: %(parts)s. Ask for payment in advance.",
                **figures,
            )
        if currency.is_zero(passed + ask.amount):
            return self.env._(
                "With %(total)s, %(customer)s is %(excess)s over its credit limit of %(limit)s: %(parts)s.", **figures
            )
        return self.env._(
            "With %(total)s, %(customer)s would be %(excess)s over its credit limit of %(limit)s: %(parts)s.",
            **figures,
        )

    def _parts(self, ask, position, passed):
        """Return (label, amount) of what makes up the total, the parts that are zero left out."""
        parts = [
            (self.env._("unpaid invoices"), position["receivable"]),
            (self.env._("unallocated payments and credit notes"), -position["unallocated"]),
            (self.env._("delivered, not invoiced"), position["delivered"]),
            (self.env._("ordered, not delivered"), position["ordered"]),
            (self.env._("draft invoices"), position["drafts"]),
            (self.env._("deposits"), -position["deposits"]),
            (self.env._("orders confirmed with it"), passed),
            (self._label(ask), ask.amount),
        ]
        currency = ask.company.sudo().currency_id
        return [(label, value) for label, value in parts if not currency.is_zero(value)]

    def _label(self, ask):
        invoice = isinstance(ask.document, models.BaseModel) and ask.document._name == "account.move"
        return self.env._("this invoice") if invoice else self.env._("this order")

    def _reason_expired(self, ask, position, passed):
        if not position["limit_expired"]:
            return None
        return self.env._(
            "The credit limit of %(customer)s expired on %(date)s.",
            customer=ask.partner.display_name,
            date=format_date(self.env, position["limit_valid_until"]),
        )

    def _reason_overdue(self, ask, position, passed):
        currency = ask.company.sudo().currency_id
        overdue = position["overdue_long"] - position["unallocated"]
        if currency.compare_amounts(overdue, position["followup_overdue_amount"] or 0.0) <= 0:
            return None
        return self.env._(
            "%(customer)s owes %(amount)s that is more than %(days)s days late, the oldest since %(date)s.",
            customer=ask.partner.display_name,
            amount=format_amount(self.env, overdue, currency),
            days=position["followup_overdue_days"],
            date=format_date(self.env, position["late_since"]),
        )

    def _reason_promise(self, ask, position, passed):
        promise = self.env["credit.promise"].sudo().browse(position["promise_broken"])
        return promise and promise._broken_sentence(ask.partner)
