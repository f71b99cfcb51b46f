from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .credit_late_claim import GROUP


class CreditLateClaim(models.Model):
    """The debit notes by which claims are booked, on request only."""

    _inherit = "credit.late.claim"

    def action_invoice(self):
        """Make one draft debit note per customer and currency, without any tax, and open it.

        Damages are outside the scope of VAT. Credit managers, and accountants who are collectors.

        :raise AccessError: for anybody else
        :raise UserError: when the company has no account for it, or a claim is settled or has nothing left
        """
        accountant = self.env.user.has_group("account.group_account_user") and self.env.user.has_group(f"{GROUP}user")
        if not accountant:
            self._check_group("manager", self.env._("Only a credit manager or an accountant invoices these claims."))
        claims = self._open_for_change()
        claims._refresh()
        claims = claims.filtered("amount_residual")
        if not claims:
            raise UserError(self.env._("Nothing is left to invoice."))
        notes = self.env["account.move"]
        for (company, partner, currency), group in claims.grouped(
            lambda claim: (claim.company_id, claim.partner_id, claim.currency_id)
        ).items():
            note = (
                self.env["account.move"]
                .with_company(company)
                .with_context(lang=partner.lang)
                .create(group._prepare_debit_note(company, partner, currency))
            )
            group._record({"debit_note_id": note.id})
            notes |= note.with_env(self.env)
        return notes._get_records_action(name=self.env._("Debit Notes"))

    def _refresh(self):
        """Bring these open claims to what the ledger says by now of the day each was computed up to; without a posted
        invoice, to nothing."""
        for (day, kind), mine in self.grouped(lambda claim: (claim.date, claim.kind)).items():
            invoices = mine.filtered(lambda claim: not claim.move_line_id).move_id
            gone = mine - self._claim(mine.move_line_id | invoices.line_ids, day, kinds=(kind,))
            gone.line_ids.unlink()
            gone._record({"amount": 0.0, "missing_from": False})

    def _prepare_debit_note(self, company, partner, currency):
        account = company.followup_charge_account_id
        if not account:
            raise UserError(
                self.env._(
                    "Choose the income account for interest and indemnities of %s first: "
                    "Settings > Invoicing > Credit Collection.",
                    company.display_name,
                )
            )
        vals = {
            "move_type": "out_invoice",
            "company_id": company.id,
            "partner_id": partner.id,
            "currency_id": currency.id,
            "invoice_payment_term_id": False,  # due of right, without any term
            "narration": self.with_context(lang=partner.lang).env._(
                "Damages for late payment, outside the scope of VAT."
            ),
            "invoice_line_ids": [fields.Command.create(claim._prepare_debit_line(account)) for claim in self],
        }
        if "debit_origin_id" in self.env["account.move"]._fields:
            vals["debit_origin_id"] = self.move_id[:1].id
        return vals

    def _prepare_debit_line(self, account):
        claim = self.with_context(lang=self.partner_id.lang)
        if self.kind == "indemnity":
            name = claim.env._("Fixed indemnity for recovery costs, invoice %s", self.move_name)
        else:
            name = claim.env._(
                "Late-payment interest up to %(day)s, invoice %(invoice)s",
                day=format_date(claim.env, self.date),
                invoice=self.move_name,
            )
        return {
            "name": name,
            "quantity": 1.0,
            "price_unit": self.amount_residual,
            "account_id": account.id,
            "tax_ids": [],
        }
